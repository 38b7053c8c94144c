"""Each source's annotations map to our conditions by the published tables."""

import csv
from pathlib import Path

import numpy as np
import pytest
import wfdb
from scipy.io import savemat

from heartsense.conditions import CONDITION_IDS
from heartsense.ecg import LEADS
from training import ManifestError
from training.__main__ import main
from training.sources import (
    Record,
    challenge,
    ludb,
    mitbih,
    ptbxl,
    read_beat_images,
    read_challenge,
    read_ludb,
    read_manifest,
    read_mitbih,
    read_ptbxl,
    read_ptbxl_extra,
    read_ptbxl_zscored,
    read_record,
)
from training.sources.beats import FOLDER_CONDITIONS
from training.sources.record import MANIFEST_LABELS
from training.sources.signals import lead_name


def by_id(records: list[Record]) -> dict[str, Record]:
    found = {r.id: r for r in records}
    assert len(found) == len(records)
    return found


@pytest.mark.data
def test_every_12_lead_record_has_the_manifest_s_labels(data_dir: Path) -> None:
    expected = by_id(read_manifest(data_dir, data_dir / "manifest.csv"))
    readers = (read_ptbxl, read_ptbxl_extra, read_ludb)
    read = [record for reader in readers for record in reader(data_dir)]
    found = by_id(read)
    assert len(expected) == 761
    assert found.keys() == expected.keys()
    assert not {i for i in expected if found[i] != expected[i]}


@pytest.mark.data
def test_challenge_headers_agree_with_the_manifest(data_dir: Path) -> None:
    """All but one: the Challenge gives PTB-XL's form NT_ and its diagnosis NDT one code."""
    expected = by_id(read_manifest(data_dir, data_dir / "manifest.csv"))
    found = read_challenge(data_dir / "cinc2021")
    assert len(found) == 12
    wrong = {r.id: set(r.labels) for r in found if r.labels != expected[r.id].labels}
    assert wrong == {"cinc2021/HR06000": {"fusion_or_miscellaneous"}}


@pytest.mark.data
def test_z_scored_records_have_their_table_s_labels_and_keep_einthoven(data_dir: Path) -> None:
    records = read_ptbxl_zscored(data_dir)
    with (data_dir / "ptbxl-zscored" / "records.csv").open(newline="") as file:
        words = [row["labels6"] for row in csv.DictReader(file)]
    assert [r.labels for r in records] == [
        frozenset(MANIFEST_LABELS[w] for w in line.split(";") if w) for line in words
    ]
    ecg = records[0].read()
    assert (ecg.signal.shape, ecg.rate, ecg.leads) == ((1250, 12), 125.0, LEADS)
    residual = ecg.lead("I") + ecg.lead("III") - ecg.lead("II")
    assert np.abs(residual).max() < 0.02 * np.abs(ecg.signal).max()


def test_aami_letters_and_the_original_s_folders_are_pinned(tmp_path: Path) -> None:
    assert FOLDER_CONDITIONS == {
        "N": "normal",
        "S": "supraventricular_arrhythmia",
        "V": "ventricular_arrhythmia",
        "F": "fusion_or_miscellaneous",
        "Q": "fusion_or_miscellaneous",
        "M": "myocardial_infarction",
    }
    for letter in FOLDER_CONDITIONS:
        (tmp_path / letter).mkdir()
        (tmp_path / letter / "beat.png").write_bytes(b"")
        (tmp_path / letter / "notes.txt").write_bytes(b"")
    pictures = read_beat_images(tmp_path)
    assert {p.id: set(p.labels) for p in pictures} == {
        f"{letter}/beat.png": {condition} for letter, condition in FOLDER_CONDITIONS.items()
    }
    with pytest.raises(ValueError, match="none of the folders"):
        read_beat_images(tmp_path / "N")


def test_beat_symbols_are_those_of_ec57() -> None:
    classes = {c: {s for s, k in mitbih.AAMI_CLASSES.items() if k == c} for c in "NSVFQ"}
    assert classes == {
        "N": set("NLRej"),
        "S": set("AaJS"),
        "V": set("VE"),
        "F": {"F"},
        "Q": set("/fQ"),
    }
    assert mitbih.conditions_of("NNV", ["N"]) == {"ventricular_arrhythmia"}
    assert mitbih.conditions_of("NN", ["AFIB"]) == {"supraventricular_arrhythmia"}
    assert mitbih.conditions_of("NLR", ["N"]) == {"normal"}
    assert mitbih.conditions_of("~|", ["N"]) == set()
    assert mitbih.patient_of("201") == mitbih.patient_of("202") != mitbih.patient_of("203")
    assert len(mitbih.DS1) == len(mitbih.DS2) == 22
    assert not set(mitbih.DS1) & set(mitbih.DS2)


@pytest.mark.data
def test_mit_bih_comes_in_ten_second_segments(data_dir: Path) -> None:
    records = by_id(read_mitbih(data_dir))
    assert len(records) == 48 * 180
    ecg = records["mitbih/200/001"].read()
    assert (ecg.signal.shape, ecg.rate, ecg.leads) == ((3600, 2), 360.0, ("II", "V1"))
    assert records["mitbih/200/001"].labels == {"ventricular_arrhythmia"}


@pytest.mark.data
def test_mit_bih_s_rhythms_count(data_dir: Path) -> None:
    """Beats alone would call 569 segments normal that are fibrillation, flutter or block."""
    unpaced = set(mitbih.DS1 + mitbih.DS2)
    records = [r for r in read_mitbih(data_dir) if r.id.split("/")[1] in unpaced]
    assert len(records) == 7920
    assert sum(r.labels == {"normal"} for r in records) == 2304 + 2123
    fibrillation = by_id(records)["mitbih/202/170"]
    assert fibrillation.labels == {"supraventricular_arrhythmia"}
    annotations = mitbih.read_annotations(fibrillation.path, 360.0)
    assert set(annotations.symbols_between(fibrillation.start, fibrillation.start + 10)) == {"N"}
    assert annotations.rhythm_shares(fibrillation.start, fibrillation.start + 10) == {"AFIB": 1.0}


def mit_bih_recording(folder: Path, notes: list[str]) -> None:
    """Thirty seconds of flat lines with a beat a second; the second ten seconds fibrillate."""
    lines = np.zeros((30 * 360, 2))
    wfdb.wrsamp("900", 360, ["mV", "mV"], ["MLII", "V1"], lines, fmt=["16", "16"], write_dir=folder)
    at = [10, *(360 * s + 180 for s in range(10)), 3600, *(360 * s + 180 for s in range(10, 30))]
    marks = ["+", *"N" * 10, "+", *"N" * 20]
    at, marks, texts = [*at, 7200], [*marks, "+"], ["(N", *[""] * 10, "(AFIB", *[""] * 20, "(N"]
    order = np.argsort(at)
    samples, symbols = np.array(at)[order], [marks[i] for i in order]
    listed = [texts[i] for i in order]
    kept = listed if notes == ["kept"] else None
    wfdb.wrann("900", "atr", samples, symbols, aux_note=kept, write_dir=str(folder))
    (folder / "annotations_txt").mkdir()
    rows = zip(samples, symbols, listed, strict=True)
    text = "".join(f"    0:00.000 {at:8} {mark:>5} {-1:4} 0 0\t{note}\n" for at, mark, note in rows)
    (folder / "annotations_txt" / "900annotations.txt").write_text("  Time   Sample #\n" + text)


@pytest.mark.parametrize("notes", [["kept"], ["lost"]])
def test_mit_bih_s_rhythms_are_read_from_either_annotation(
    tmp_path: Path, notes: list[str]
) -> None:
    (tmp_path / "mitbih").mkdir()
    mit_bih_recording(tmp_path / "mitbih", notes)
    if notes == ["kept"]:
        (tmp_path / "mitbih" / "annotations_txt" / "900annotations.txt").unlink()
    assert [set(r.labels) for r in read_mitbih(tmp_path)] == [
        {"normal"},
        {"supraventricular_arrhythmia"},
        {"normal"},
    ]


@pytest.mark.parametrize(
    ("codes", "conditions"),
    [
        ({"NORM", "SR"}, {"normal"}),
        ({"NORM", "PVC"}, {"ventricular_arrhythmia"}),
        ({"AFIB", "IMI"}, {"supraventricular_arrhythmia", "myocardial_infarction"}),
        ({"VCLVH", "NDT"}, {"hypertrophy", "fusion_or_miscellaneous"}),
        ({"PACE"}, {"fusion_or_miscellaneous"}),
        ({"SR", "STD_"}, set()),
    ],
)
def test_scp_codes(codes: set[str], conditions: set[str]) -> None:
    assert ptbxl.conditions_of(codes) == conditions


@pytest.mark.parametrize(
    ("row", "conditions"),
    [
        ({"Rhythms": "Sinus rhythm"}, {"normal"}),
        ({"Ischemia": "Ischemia: lateral wall"}, {"fusion_or_miscellaneous"}),
        (
            {"Ischemia": "Stemi: septal\nIschemia: lateral wall"},
            {"myocardial_infarction"},
        ),
        ({"Other states": "Early repolarization syndrome"}, {"fusion_or_miscellaneous"}),
        (
            {"Rhythms": "Atrial flutter, typical", "Hypertrophies": "Right atrial overload"},
            {"supraventricular_arrhythmia", "hypertrophy"},
        ),
    ],
)
def test_ludb_statements(row: dict[str, str], conditions: set[str]) -> None:
    assert ludb.conditions_of(row) == conditions


def test_every_mapping_ends_in_our_ids() -> None:
    ids = set(CONDITION_IDS)
    assert set(MANIFEST_LABELS.values()) == ids
    assert set(ptbxl.SCP_CODES) | {"normal"} == ids
    assert set(challenge.SNOMED_CODES) | {"normal"} == ids
    assert set(mitbih.AAMI_CONDITIONS.values()) | set(mitbih.RHYTHM_CONDITIONS.values()) <= ids


def test_a_snomed_code_has_one_condition() -> None:
    codes = [code for group in challenge.SNOMED_CODES.values() for code in group]
    assert len(codes) == len(set(codes))
    assert challenge.conditions_of(frozenset({426783006})) == {"normal"}
    assert challenge.conditions_of(frozenset({426783006, 164947007})) == set()


def test_a_challenge_record_with_a_date_wfdb_refuses(tmp_path: Path) -> None:
    """The header's gain is not what ``val`` is stored with: 1000 units are one mV."""
    names = ["avf", '"aVR"', "AVL", "i"]
    lines = [f"X1.mat 16+24 200/mV 16 0 0 0 0 {name}" for name in names]
    header = ["X1 4 250 3 04-Jun-2020 15:11:55", *lines, "# Dx: 164889003,426783006"]
    (tmp_path / "X1.hea").write_text("\n".join(header) + "\n")
    savemat(tmp_path / "X1.mat", {"val": np.arange(12).reshape(4, 3) * 100})
    ecg = read_record(tmp_path / "X1.mat")
    assert (ecg.leads, ecg.rate) == (("I", "aVR", "aVL", "aVF"), 250.0)
    np.testing.assert_allclose(ecg.lead("I"), [0.9, 1.0, 1.1], rtol=1e-6)
    (record,) = read_challenge(tmp_path)
    assert record.labels == {"supraventricular_arrhythmia"}
    assert record.read().leads == ecg.leads


def test_units_other_than_mv_and_missing_samples(tmp_path: Path) -> None:
    header = "r 2 500 3\nr.dat 16 1000/uV 16 0 0 0 0 ii\nr.dat 16 1/V 16 0 0 0 0 v1\n"
    (tmp_path / "r.hea").write_text(header.replace("1000/uV", "2/uV"))
    samples = np.array([[2000, 0], [-32768, 0], [-1000, 0]], "<i2")
    (tmp_path / "r.dat").write_bytes(samples.tobytes())
    ecg = read_record(tmp_path / "r")
    np.testing.assert_allclose(ecg.lead("II"), [1.0, np.nan, -0.5])
    assert ecg.leads == ("II", "V1")


@pytest.mark.parametrize("name", ["aVR", "AVR", "avr", '"aVR"', " aVR ", "MDC_ECG_LEAD_AVR"])
def test_lead_names(name: str) -> None:
    assert lead_name(name) == "aVR"


def test_a_manifest_of_an_unknown_source(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("source,record,patient,labels6,ptbxl_fold\nelsewhere,a/b,p1,MI;Misc,\n")
    (record,) = read_manifest(tmp_path, path)
    assert (record.source, record.patient, record.fold) == ("elsewhere", "p1", None)
    assert record.labels == {"myocardial_infarction", "fusion_or_miscellaneous"}
    assert record.path == tmp_path / "a/b"
    path.write_text("source,record,patient,labels6,ptbxl_fold\nelsewhere,a/b,p1,Infarct,\n")
    with pytest.raises(ManifestError, match="'Infarct' is none of"):
        read_manifest(tmp_path, path)


def test_a_manifest_saved_by_a_spreadsheet_without_the_optional_columns(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("\ufeffrecord,patient,labels6\nmüller/1.mat,p1,Normal\n", encoding="utf-8")
    (record,) = read_manifest(tmp_path, path)
    assert (record.id, record.fold, record.source) == ("müller/1.mat", None, "unknown")


def test_a_wrong_path_is_one_line_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["render", "--record", str(tmp_path / "none"), "--out", str(tmp_path / "page.png")])
    printed = capsys.readouterr().err
    assert end.value.code == 1
    assert printed.startswith("error: no header")
    assert len(printed.splitlines()) == 1
