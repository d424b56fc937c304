"""Long speeches that lead nowhere, one turn each: about everything but the lesson."""

from __future__ import annotations

from typing import Final

MONOLOGUES: Final = (
    "So this reminds me of my uncle, who keeps bees, well, he used to keep bees, and every spring he painted the hives "
    "in another colour, first yellow, then a sort of pale blue, and people from the village walked past and talked "
    "about it for weeks, and my aunt always said that bees see the world quite differently from us, which may be so, "
    "I read an article about it once, in a magazine on a ferry to some island, I forget which island, there were "
    "goats on it, a lot of goats, and a lighthouse that was painted in stripes like a sock, and the keeper there "
    "collected old radios, he must have owned forty of them, and one of them still played, though only at night.",
    "Before anything I should explain how I make soup, because it is all about the onions, you cut them very thin and "
    "let them go soft for an hour, my grandmother used butter and a little flour, and she had a wooden spoon that was "
    "older than my father, and one winter the spoon broke, and the whole family met to talk about the spoon, and my "
    "cousin carved a new one from a cherry tree that had fallen over in the garden, and it never tasted quite as it "
    "did before, although that may be because we grew older, as people do, and the kitchen was painted white.",
    "I was on the tram this morning, and there was a man with an enormous plant, a palm or something like it, and the "
    "leaves went into everybody's face, and he talked to the plant, quietly, as one talks to a horse, and at each "
    "stop he turned it round so that it could look out on the other side, and nobody laughed, which I found lovely, "
    "and then a school class came in, and the plant was in the middle of them like a tree in a playground, and the "
    "driver made an announcement about it, and the sun came out, and for a while the whole tram was green inside.",
    "Football is not what it was, and I say that as somebody who watched every match of my town for twenty years, from "
    "the old wooden stand that smelt of rain and sausages, and we lost nearly always, but we lost with a certain "
    "style, there was a left winger who could dribble past four men and then forgot the ball, and afterwards we sat "
    "by the river and went through it all again, move by move, until the lights came on across the water, and then "
    "they built the new ground with the grey seats, and the river is behind a wall now, and the swans have left.",
    "My theory about music is that every song is about walking, even the slow ones, because the heart walks as well, "
    "in a manner of speaking, and when I was small we had a piano that nobody could play, so we put books on it, and "
    "in the evening a note would sound on its own when a lorry went by, always the same note, a low one, and my "
    "brother said that it was a ghost, and I believed that until I was eleven, and even now I hum that note in lifts, "
    "and people look at me, and then they begin to hum too, without noticing it, and the doors open.",
    "Let me tell you about maps, I love maps, the old ones with sea monsters, and I once drew one of my street, with "
    "the bakery as a castle and the post box as a lighthouse, and it took me four weekends and three pencils, and the "
    "woman in the bakery hung it up between the bread and the cakes, and strangers came in to look for the dragon, "
    "which was the cat from number nine, a very fat cat that slept on the warm bonnets of cars, and when the cat was "
    "gone somebody drew a small cross on the map with a blue pen, and nobody ever found out who it was.",
    "The thing with gardens is that they laugh at plans, I planted tulips in rows, like soldiers, and in spring they "
    "came up wherever they liked, under the hedge, beside the compost, one of them in a boot that I had left outside, "
    "and my father says that mice carry the bulbs about, so there is a mouse somewhere with a taste for decoration, "
    "and I sat on the bench and thought about that for a whole afternoon, with a book on my knees that I never "
    "opened, and bees came, and a wind with a smell of cut grass, and then it was evening and I went in.",
    "We had a clock at home that ran backwards, a present from some travelling salesman, and as children we learned to "
    "read it, so that I still get it wrong at stations, and my mother used to say that time at our house was a matter "
    "of opinion, and visitors came late or early and it all worked out, and on the clock there was a painted ship, "
    "and in the ship stood a tiny man with a red cap, and I gave him a whole life, with a dog and a debt and a love "
    "in some harbour, and when the clock stopped I was sad for him rather than for the clock.",
)
