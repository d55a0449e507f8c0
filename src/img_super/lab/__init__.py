"""Makes the networks: invented documents, data sets, training, evaluation, shipping. Nothing that serves imports it."""
