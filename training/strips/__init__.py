"""One lead alone: beats and rhythm of strips, trained on MIT-BIH's DS1 and tested on its DS2."""
