"""The roster knows everybody, whatever a platform makes of a name."""

import pytest

from grading.records import roster
from grading.records.roster import Person, Roster
from grading.records.tables import TableError
from grading.submissions import intake
from local.exercises.questions import QUESTIONS
from tests import exports
from tests.exports import LAYOUTS

PEOPLE = [*map(exports.Person, range(120))]
CLASS = Roster(
    [Person(p.name, p.login, p.sid, p.email, canvas=str(9000 + p.number)) for p in PEOPLE]
)


def of(text, tmp_path):
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8-sig")
    return roster.read(tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_platforms_name_is_matched(tmp_path, layout):
    exports.write(tmp_path, exports.files_of(layout, PEOPLE, right=b"{}", wrong=b"old"))
    found, _ = intake.find(tmp_path, tuple(QUESTIONS), person=CLASS.of_owner)
    assert {one.student for one in found} == {one.login for one in PEOPLE}


@pytest.mark.parametrize(
    "student",
    [
        "ada lovelace",
        "Lovelace, Ada",
        "LOVELACE Ada",
        "Àda Lovelace",
        "Team 3-Ada Lovelace",
        "Ada King Lovelace",
        "lovelaceada",
        "ADA@x.org",
        "42",
        "0042",
    ],
)
def test_names_are_compared_without_order_accents_and_case(student):
    ada = Person("Ada Lovelace", "ada", "042", "ada@x.org")
    assert Roster([ada, Person("Bo Ek", "bo", "43")]).match({"student": student}) == ada


@pytest.mark.parametrize("student", ["Ada", "Lovelace", "Bo Ek", "", "ada lovelac"])
def test_what_is_not_certain_is_nobody(student):
    two = [Person("Ada Lovelace", "a"), Person("Bo Ek", "b"), Person("Ek Bo", "c")]
    assert Roster(two).match({"student": student}) is None


@pytest.mark.parametrize(
    "text",
    [
        "First name,Last name,ID number,Email address,Groups\nAda,Lovelace,007,a@x.org,G1\n",
        "Surname;First name;Username;ID number;Group\nLovelace;Ada;ada;007;G1\n",
        "Student,ID,SIS User ID,SIS Login ID,Section,HW (1),Group\n"
        '    Points Possible,,,,,10,\n"Lovelace, Ada",99,007,ada,S1,,G1\n',
        "login\tname\tsid\tteam\nada\tAda Lovelace\t007\tG1\n",
    ],
)
def test_rosters_of_platforms_are_read_as_they_are(tmp_path, text):
    (ada,) = of(text, tmp_path).persons
    assert roster.words(ada.name) == ("ada", "lovelace")
    assert ada.id == "007" and ada.group == "G1"


def test_a_roster_without_names_is_refused(tmp_path):
    with pytest.raises(TableError, match=r"no column of names.*points"):
        of("points,comment\n1,2\n", tmp_path)


def test_a_group_is_one_student_with_its_members():
    group = Roster([Person("Ada L", "ada", group="G"), Person("Bo Ek", "bo", group="G")])
    assert group.student({"student": "Bo Ek"}) == "G"
    assert group.members({"student": "G"}) == ["ada", "bo"]
    assert group.members({"student": "x", "members": ["Ek Bo", "Cy"]}) == ["bo", "Cy"]


def test_who_is_there_twice_is_named():
    assert Roster([Person("A", "a"), Person("B", "a"), Person("C", "c")]).twice == ["a"]


def test_a_longer_name_with_another_number_is_somebody_else():
    zhang = Roster([Person("Wei Zhang", "wz", "7", "w@x.org")])
    assert zhang.match({"student": "Wei Zhang Li"}).key == "wz"
    assert zhang.match({"student": "Wei Zhang Li", "id": "8"}) is None
    assert zhang.match({"student": "Wei Zhang Li", "email": "l@x.org"}) is None


def test_members_of_one_name_are_told_by_their_numbers():
    both = Roster([Person("Wei Zhang", "wz1", "1"), Person("Wei Zhang", "wz2", "2")])
    said = {"student": "x", "members": ["Wei Zhang", "Bo"]}
    each = [{"name": "Wei Zhang", "id": "2"}, {"name": "Bo"}]
    assert both.members({**said, "each": each}) == ["wz2", "Bo"]


def test_no_group_is_no_group(tmp_path):
    (ada,) = of("First name,Last name,Groups\nAda,Lovelace,No groups\n", tmp_path).persons
    assert ada.group == ""
