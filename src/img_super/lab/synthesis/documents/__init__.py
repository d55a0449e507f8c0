"""Documents of fictitious states: designs as data, drawn as blanks, printed as genuine cards."""
