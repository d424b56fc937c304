"""What an operator can choose on either host: read from variables, checked, and told what is wrong in words."""
