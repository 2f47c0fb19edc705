# repeating the last value has one error: that of the metrics, of the baseline
# and of the steps of the horizon are the same
awk 'BEGIN { print "shop,load"
    for (i = 0; i < 160; i++) {
        value = i % 2 ? 1000 + i * i % 37 : 10 + i % 11
        print (i % 2 ? "south" : "north") "," (i == 40 || i == 81 ? "NA" : value)
    } }' >shops.csv
awk 'BEGIN { print "load"
    for (i = 0; i < 80; i++) print (i % 30 == 17 ? "NA" : 50 + i * i % 13) }' >one.csv

# all errors of the naive forecast, and how many differ from the first
check() {
    elman eval m "$1" --json -q | tr '{,' '\n\n' |
        sed -n 's/^"naive_mae":\([0-9.e+-]*\|null\)}*$/\1/p' |
        awk 'NR == 1 { first = $1 }
            { d = $1 - first; if ($1 == "null" || d * d > 1e-8 * first * first) odd++ }
            END { print NR, odd + 0 }'
}

for transform in none difference log last; do
    for how in '--missing previous' '--missing drop' '--missing mean'; do
        elman train one.csv -w 5 -H 4 --epochs 1 -t 1 -q $how \
            --transform $transform -o m 2>/dev/null
        check one.csv
    done
    elman train shops.csv --by shop --missing previous -w 5 -H 4 --epochs 1 \
        -t 1 -q --transform $transform -o m 2>/dev/null
    check shops.csv
done | uniq -c | tr -s ' '
