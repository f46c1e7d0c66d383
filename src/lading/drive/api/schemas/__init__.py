"""The shapes of what the API takes (`requests`) and gives (`answers`)."""
