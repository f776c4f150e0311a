"""The screens above the main screen: plans to confirm, forms, text to read, help, the palette."""
