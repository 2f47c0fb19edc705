# answers show as many digits as the data's scale asks: 7, and more where values
# are large beside it
table() { awk -v level="$1" 'BEGIN { print "t,price"; for (n = 0; n < 200; n++)
    printf "%d,%.2f\n", n, level + 300 * sin(n / 4) }'; }
widths() { tr -d '.-' | awk '{ print length }' | sort -n | tail -1; }
table 1000000246.37 >large.csv
table 1.37 >small.csv
for name in large small; do
    elman train $name.csv -w 12 -H 4 --steps 20 -q -t 1 --transform none -o m
    elman predict m $name.csv | widths
    elman predict m $name.csv --last | grep -c e
    elman predict m $name.csv --scaled | grep -c 000000
done
elman train large.csv -w 12 -H 4 --steps 20 -q -t 1 --transform log -o m
elman predict m large.csv --last | sed 's/^10000[0-9]*\.*[0-9]*$/units/'
