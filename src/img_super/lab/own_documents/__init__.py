"""A team's own photos with their truth: where they lie -> photos with labels -> crops, none of them in two splits."""
