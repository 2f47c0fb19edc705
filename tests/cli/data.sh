# data.sh: small data for the cases, made by integer arithmetic alone.

# a text that is easy to learn: text.txt
make_text() {
    awk 'BEGIN { for (n = 0; n < '"${1:-120}"'; n++)
        print "the quick brown fox jumps over the lazy dog;" }' >text.txt
}

# two classes that differ in where a peak is: series.tsv, unequal lengths
make_series() {
    awk 'BEGIN { for (n = 0; n < '"${1:-60}"'; n++) {
        late = n % 2; steps = 10 + n % 5; at = late ? steps - 3 : 2
        line = late ? "late" : "early"
        for (t = 0; t < 14; t++) {
            value = (t == at) * 5 + (n * 7 + t * 3) % 10 / 10
            line = line "\t" (t < steps ? value : "NaN")
        }
        print line } }' >series.tsv
}

# a triangle wave and what goes with it: table.csv
make_table() {
    awk 'BEGIN { print "hour,load,heat"; for (n = 0; n < '"${1:-400}"'; n++) {
        p = n % 24; load = p < 12 ? p : 24 - p
        print n "," load * 10 + (n * 7) % 5 "," 20 - load } }' >table.csv
}
