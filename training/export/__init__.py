"""MobileNetV2 to the LiteRT file that training and serving share."""
