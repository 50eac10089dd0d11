"""Faust's transport in chunks: consumer, merge, transactions, restore, the store of a partition."""
