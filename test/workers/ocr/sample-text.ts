/** Prose to fill columns with: one paragraph each. */
export const paragraphs: readonly [string, string, string, string] = [
  'The harbour lay quiet in the early morning, and only a few gulls were circling above the boats that had come in during the night. Nobody on the pier spoke. A man in a heavy coat was mending a net, slowly and with great care, as if the whole day belonged to him alone.',
  'When the bell of the old church struck seven, the first shutters opened along the street, and the smell of fresh bread drifted down to the water. Children ran past with their satchels, late as always, and an elderly lady scolded her dog because it would not leave the fish crates alone.',
  'Later the wind turned to the west and brought rain, first in single drops and then in grey curtains that hid the lighthouse from view. The ferry was delayed by almost an hour, which gave the passengers time to complain about the weather, the company, and each other.',
  'In the evening everything was forgotten. The clouds had moved inland, the tables stood outside again, and somebody played the accordion in front of the tavern. It was the kind of evening that people remember for years without being able to say what exactly had been so special about it.',
]

/** The words of all paragraphs. */
export const words: readonly string[] = paragraphs.join(' ').split(' ')
