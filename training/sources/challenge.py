"""PhysioNet/CinC Challenge 2021: SNOMED CT codes to our conditions."""

from pathlib import Path
from typing import Final

from training.sources.record import (
    HYPERTROPHY,
    INFARCTION,
    NORMAL,
    OTHER,
    SUPRAVENTRICULAR,
    VENTRICULAR,
    Record,
)

SNOMED_CODES: Final[dict[str, frozenset[int]]] = {
    SUPRAVENTRICULAR: frozenset(
        {
            164889003,  # atrial fibrillation
            195080001,  # atrial fibrillation and flutter
            282825002,  # paroxysmal atrial fibrillation
            314208002,  # rapid atrial fibrillation
            426749004,  # chronic atrial fibrillation
            164890007,  # atrial flutter
            713422000,  # atrial tachycardia
            426761007,  # supraventricular tachycardia
            67198005,  # paroxysmal supraventricular tachycardia
            251166008,  # atrioventricular nodal re-entrant tachycardia
            233897008,  # atrioventricular re-entrant tachycardia
            426648003,  # junctional tachycardia
            284470004,  # premature atrial contraction
            63593006,  # supraventricular premature beats
            251164006,  # junctional premature complex
            251170000,  # blocked premature atrial contraction
            251173003,  # atrial bigeminy
            251168009,  # supraventricular bigeminy
            195101003,  # wandering atrial pacemaker
        }
    ),
    VENTRICULAR: frozenset(
        {
            427172004,  # premature ventricular contractions
            17338001,  # ventricular premature beats
            164884008,  # ventricular ectopics
            251182009,  # paired ventricular premature complexes
            11157007,  # ventricular bigeminy
            251180001,  # ventricular trigeminy
            164895002,  # ventricular tachycardia
            425856008,  # paroxysmal ventricular tachycardia
            111288001,  # ventricular flutter
            164896001,  # ventricular fibrillation
            49260003,  # idioventricular rhythm
            61277005,  # accelerated idioventricular rhythm
            75532003,  # ventricular escape beat
            81898007,  # ventricular escape rhythm
        }
    ),
    INFARCTION: frozenset(
        {
            164865005,  # myocardial infarction
            57054005,  # acute myocardial infarction
            54329005,  # anterior myocardial infarction
            164867002,  # old myocardial infarction
        }
    ),
    HYPERTROPHY: frozenset(
        {
            164873001,  # left ventricular hypertrophy
            89792004,  # right ventricular hypertrophy
            266249003,  # ventricular hypertrophy
            195126007,  # atrial hypertrophy
            446813000,  # left atrial hypertrophy
            446358003,  # right atrial hypertrophy
            67741000119109,  # left atrial enlargement
            253352002,  # left atrial abnormality
            253339007,  # right atrial abnormality
        }
    ),
    OTHER: frozenset(
        {
            13640000,  # fusion beats
            270492004,  # first degree AV block
            195042002,  # second degree AV block
            54016002,  # Mobitz I
            426183003,  # Mobitz II
            27885002,  # complete heart block
            233917008,  # AV block
            713427006,  # complete right bundle branch block
            713426002,  # incomplete right bundle branch block
            59118001,  # right bundle branch block
            733534002,  # complete left bundle branch block
            251120003,  # incomplete left bundle branch block
            164909002,  # left bundle branch block
            6374002,  # bundle branch block
            445118002,  # left anterior fascicular block
            445211001,  # left posterior fascicular block
            698252002,  # non-specific intraventricular conduction disorder
            82226007,  # diffuse intraventricular block
            74390002,  # Wolff-Parkinson-White pattern
            195060002,  # ventricular pre-excitation
            10370003,  # pacing rhythm
            251268003,  # atrial pacing pattern
            251266004,  # ventricular pacing pattern
            428750005,  # non-specific ST-T abnormality
            55930002,  # ST changes
            429622005,  # ST depression
            164931005,  # ST elevation
            164930006,  # ST interval abnormal
            704997005,  # inferior ST segment depression
            428417006,  # early repolarization
            164934002,  # T wave abnormal
            59931005,  # T wave inversion
            111975006,  # prolonged QT interval
            164861001,  # myocardial ischemia
            413444003,  # acute myocardial ischemia
            413844008,  # chronic myocardial ischemia
            426434006,  # anterior ischemia
            425419005,  # inferior ischemia
            425623009,  # lateral ischemia
        }
    ),
}
"""The Challenge's codes (its ``dx_mapping`` tables) by our condition, without the rhythm, axis and
voltage statements that belong to none of them."""
_SINUS_RHYTHMS: Final = frozenset(
    {
        426783006,  # sinus rhythm
        426177001,  # sinus bradycardia
        427084000,  # sinus tachycardia
        427393009,  # sinus arrhythmia
    }
)


def conditions_of(codes: frozenset[int]) -> frozenset[str]:
    """Our conditions for one header's codes; ``normal`` needs sinus rhythms and nothing else."""
    found = frozenset(condition for condition, snomed in SNOMED_CODES.items() if snomed & codes)
    return found or (frozenset({NORMAL}) if codes and codes <= _SINUS_RHYTHMS else frozenset())


def read_challenge(folder: Path, source: str = "cinc") -> list[Record]:
    """Read every record below ``folder`` whose header has a diagnosis (``# Dx``).

    The Challenge does not name patients, so each record counts as one. For PTB-XL's ``HR``
    records use a manifest, which names them.
    """
    records = []
    for header in sorted(folder.rglob("*.hea")):
        codes = diagnoses(header.read_text())
        if codes:
            record = Record(
                id=header.relative_to(folder.parent).with_suffix("").as_posix(),
                source=source,
                patient=f"{source}-{header.stem}",
                labels=conditions_of(codes),
                path=header.with_suffix(""),
            )
            records.append(record)
    return records


def diagnoses(header: str) -> frozenset[int]:
    """The SNOMED CT codes of a header's ``Dx`` line; empty without such a line."""
    for line in header.splitlines():
        key, _, value = line.lstrip("# ").partition(":")
        if key.strip() == "Dx":
            return frozenset(int(code) for code in value.split(",") if code.strip().isdigit())
    return frozenset()
