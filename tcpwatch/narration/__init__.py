"""What happens between two ends, in sentences, for the screen and for text output. Knows neither of the two.

delivery    what is known of both ends of a connection: did a segment arrive?
step        a segment with the states that it found
sentences   what a segment does, as a table of sentences
narrate     a segment in words
ladder      the segments of one connection
queue       what waits to be narrated, in the order of time
pacing      each thing for as long as it takes to read
transcript  each thing as lines of text
"""
