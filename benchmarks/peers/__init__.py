"""The same job on the same broker and the same input, done by what people would use instead of dialstat."""
