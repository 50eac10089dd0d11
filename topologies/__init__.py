"""Topics, tables and agents put together from one declaration, which can also be described."""
