"""Public ECG data sets as records; each source maps its annotations to our conditions."""

from training.sources.beats import BeatImage, read_beat_images
from training.sources.challenge import read_challenge
from training.sources.ludb import read_ludb
from training.sources.mitbih import read_mitbih
from training.sources.ptbxl import (
    photographed_patients,
    read_ptbxl,
    read_ptbxl_extra,
    read_ptbxl_more,
    read_ptbxl_zscored,
)
from training.sources.record import Record, read_manifest
from training.sources.signals import read_record

__all__ = [
    "BeatImage",
    "Record",
    "photographed_patients",
    "read_beat_images",
    "read_challenge",
    "read_ludb",
    "read_manifest",
    "read_mitbih",
    "read_ptbxl",
    "read_ptbxl_extra",
    "read_ptbxl_more",
    "read_ptbxl_zscored",
    "read_record",
]
