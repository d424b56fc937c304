"""What people say in another language than the lesson's: sentences about their day, their work, the weather."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    "de": (
        "Guten Tag, ich hätte da mal eine Frage zu meinem Fahrrad.",
        "Leider verstehe ich nicht, was Sie gerade gesagt haben.",
        "Können wir das bitte auf Deutsch besprechen?",
        "Gestern bin ich mit dem Zug nach Hamburg gefahren, und es hat die ganze Zeit geregnet.",
        "Meine Schwester wohnt seit drei Jahren in Leipzig und arbeitet dort als Gärtnerin.",
        "Zum Frühstück esse ich am liebsten frische Brötchen mit Honig.",
        "Wir wollten eigentlich am Wochenende wandern gehen.",
        "Das Wetter soll morgen endlich besser werden.",
        "Haben Sie vielleicht einen Augenblick Zeit für mich?",
        "Ich weiß leider nicht mehr, wo ich meinen Schlüssel gelassen habe.",
        "Der Kuchen meiner Großmutter schmeckt jedem, der ihn einmal gekostet hat.",
        "Könnten Sie das bitte langsamer wiederholen?",
        "Unser Nachbar streicht gerade seinen Zaun, und der ganze Hof riecht nach Farbe.",
        "Dann schauen wir einfach, was daraus wird.",
    ),
    "fr": (
        "Bonjour, je voudrais vous raconter ma journée.",
        "Je ne comprends pas du tout ce que vous dites.",
        "Est-ce que nous pourrions parler français, s'il vous plaît ?",
        "Hier, nous avons mangé au bord de la rivière avec toute la famille.",
        "Mon frère travaille dans une boulangerie près de la gare.",
        "Il pleut depuis ce matin et je n'ai pas de parapluie.",
        "J'aimerais bien apprendre à jouer du violon un jour.",
        "Ma voisine a trois chats qui dorment toujours devant ma porte.",
        "Vous savez, le marché est beaucoup moins cher le samedi.",
        "Je cherche mes lunettes depuis une heure.",
        "Pourriez-vous parler un peu plus lentement ?",
        "Cet été, nous irons à la montagne si tout va bien.",
        "La soupe de ma grand-mère était la meilleure du village.",
        "On verra bien ce que cela donne.",
    ),
    "es": (
        "Buenas tardes, quería contarle una cosa de mi trabajo.",
        "Perdone, no entiendo nada de lo que me dice.",
        "¿Podemos hablar en español, por favor?",
        "Ayer fuimos al campo y los niños jugaron toda la tarde.",
        "Mi hermana vive en un pueblo pequeño cerca del mar.",
        "Hoy hace mucho calor y no corre ni una gota de aire.",
        "Me gustaría aprender a cocinar como mi madre.",
        "El vecino de arriba toca la trompeta todas las mañanas.",
        "No sé dónde he dejado las llaves del coche.",
        "La semana que viene empezamos a pintar la casa.",
        "¿Puede repetirlo más despacio?",
        "En invierno siempre tomamos chocolate con churros.",
        "El tren llegó con dos horas de retraso y nadie nos dijo por qué.",
        "Bueno, ya veremos cómo sale todo.",
    ),
}
