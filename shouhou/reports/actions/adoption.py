"""Which clauses bind: adopted by the company, or through an agreement in force."""

from shouhou.agreements.models import Agreement
from shouhou.people.models import Organisation, today
from shouhou.promises.models import CommitmentSet


def adopted(organisation: Organisation) -> set[str]:
    """The ids of the clauses that the organisation, those above and those below it have adopted, or agreed to."""
    above = [int(part) for part in organisation.path.split("/") if part]
    inside = Organisation.objects.under([organisation.path])
    own = CommitmentSet.objects.filter(retired_at=None)
    sets = own.filter(organisation__in=above) | own.filter(organisation__in=inside.values("pk"))
    agreed = Agreement.objects.in_force(today()).filter(organisation__in=inside).values("commitment_set")
    sets = sets | own.filter(pk__in=agreed)
    return {clause for clauses in sets.values_list("clauses", flat=True) for clause in clauses}
