"""Everyday English words that mean nearly the same when somebody asks or offers something.

For the persona's understanding alone: a grade never rests on them.
"""

from __future__ import annotations

from vivavoce.scenario.words import stem

GROUPS = """
start begin commence onset
stop finish cease
happen occur
repair fix mend
noise sound racket din
loud noisy
quiet silent peaceful tranquil
room bedroom suite
luggage baggage suitcase bag belongings
carry lug haul
help assist aid
tell mention report inform notify
complain complaint grumble
colleague coworker teammate staff
boss manager supervisor superior director
job position post occupation profession living
pay salary wage earn income remuneration
free complimentary gratis
cost price charge fee
refund reimburse compensate compensation discount
sleep asleep nap
ill sick unwell poorly
pain ache hurt sore painful
doctor physician gp
medicine medication tablet pill drug
allergy allergic tolerate intolerant
parent mother father mum dad mummy daddy
family relative
brother sister sibling
wife husband spouse partner married
child kid son daughter children
smoke cigarette smoker tobacco
alcohol beer wine booze
eat food meal diet
breath breathe breathless
heart cardiac
spread radiate travel
dizzy faint giddy
worry worried afraid scared anxious fear frighten concern
angry furious annoyed cross
happy pleased glad satisfied content
difficult hard tough challenging challenge
easy simple
big large
team crew
company firm employer
customer client buyer
train training teach coach induction onboarding
learn study
schedule shift timetable rota
weekend saturday sunday
holiday vacation
quit resign leave
applicant candidate contender
decide decision choose
test exam examination
hospital clinic
specialist consultant cardiologist
soon shortly
immediately instantly
call ring phone telephone dial
name surname
floor storey level
different other another alternative
offer provide
move transfer relocate swap
switch turn
control thermostat knob panel button
try attempt
bad terrible awful horrible dreadful nasty
good great lovely nice excellent
now currently
daily regularly always
anyone anybody someone somebody
important urgent
want wish prefer
fast quick
problem trouble matter issue
weakness weak flaw shortcoming
strength strong severe intense
busy stressful hectic
stress pressure
relax rest
exercise sport
tomorrow morning
describe explain
duty task responsibility
previous former last
colour color
disappear vanish
wake awake
suggest propose recommend
money cash
silly foolish
speak talk chat
check inspect verify
book reserve
woman lady
man gentleman guy
enjoy love
mistake error
bill invoice
parcel package shipment delivery
illness disease condition diagnosis
""".strip().splitlines()

MEANING = {stem(word): stem(group.split()[0]) for group in GROUPS for word in group.split()}
"""The stem that stands for all of its group, for each stem of a group."""


def meaning(stem: str) -> str:
    return MEANING.get(stem, stem)
