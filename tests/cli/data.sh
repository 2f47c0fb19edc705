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

# the steps of each series, NUMBER times
repeat() {
    awk -F'\t' -v OFS='\t' -v number="$1" '{
        gsub(/NaN/, 0); line = $1
        for (k = 0; k < number; k++)
            for (n = 2; n <= NF; n++) line = line OFS $n
        print line }'
}

# a triangle wave and what goes with it: table.csv
make_table() {
    awk 'BEGIN { print "hour,load,heat"; for (n = 0; n < '"${1:-400}"'; n++) {
        p = n % 24; load = p < 12 ? p : 24 - p
        print n "," load * 10 + (n * 7) % 5 "," 20 - load } }' >table.csv
}

# the numbers of an .npy file of float32 or float64, one on a line
numbers() {
    size=$(head -c 80 "$1" | LC_ALL=C sed -n "s/.*'<f\([48]\)'.*/\1/p")
    head=$(od -An -t u2 -j 8 -N 2 "$1" | tr -d ' ')
    od -An -v -t f$size -w$size -j $((10 + head)) "$1"
}

# "near" if two arrays hold the same numbers within 1e-5
compare() {
    numbers "$1" >numbers.1 && numbers "$2" >numbers.2
    paste numbers.1 numbers.2 | awk '
        { d = $1 - $2; if (d < 0) d = -d
          s = $2; if (s < 0) s = -s
          if (NF != 2 || d > 1e-5 * (1 + s)) far++ }
        END { if (NR == 0) print "empty"
              else if (far) print far " of " NR " are far"
              else print "near" }'
    rm -f numbers.1 numbers.2
}

# an .npy file of whole numbers from 0 to 255: ints FILE SHAPE NUMBER...
ints() {
    {
        printf '\223NUMPY\001\000\166\000%-117s\n' \
            "{'descr': '<i4', 'fortran_order': False, 'shape': $2, }"
        into=$1
        shift 2
        for number; do printf "\\$(printf %03o "$number")\\000\\000\\000"; done
    } >part.npy
    mv part.npy "$into"
}
