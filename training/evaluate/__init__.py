"""How good the findings are, through pictures, on patients the model has not seen."""
