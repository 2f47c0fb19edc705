# bounds from how far answers to the validation data were off
. "$CASES/data.sh"
awk 'BEGIN { print "load"; for (n = 0; n < 300; n++) {
    p = n % 24; noise = n * 7919 % 101 / 5
    print (p < 12 ? p : 24 - p) * 10 + noise } }' >load.csv
elman train load.csv -w 24 --horizon 2 --epochs 30 -H 8 --lr 0.01 -t 2 -q \
    --time none --validation 0.3 -o m
elman predict m load.csv --quantiles 0.1,0.9 -o q.csv
head -1 q.csv
# eight of ten times the truth lies between
awk -F, 'NR > 1 && $6 != "" { n++; if ($5 < $4) wrong++; if ($6 < $4) low++
    if ($6 > $5) high++ } END { print wrong + 0, int(10 * low / n + 0.5), int(10 * high / n + 0.5) }' q.csv
elman predict m load.csv --last --quantiles 0.5 |
    awk -F'\t' '{ print split($1, a, ","), $2 ~ /^0.5:[-0-9.]*,[-0-9.]*$/ }'
elman predict m load.csv --last --quantiles 0.025,0.975 --json |
    grep -o '"quantiles":{"0.025":\[[^]]*\],"0.975"' | sed 's/[0-9.]*,[0-9.]*\]/N,N]/'
# beyond the horizon nothing was measured
elman predict m load.csv --last --steps 5 --quantiles 0.9 -o beyond.csv
cut -d, -f2,4 beyond.csv | sed 's/,[-0-9.][0-9.]*$/,N/'
try() { elman predict "$@"; echo $?; }
try m load.csv --quantiles 0.1,
try m load.csv --quantiles 1.5
try m load.csv --quantiles 0.5 --scaled
elman train load.csv -w 6 --epochs 1 -H 4 -t 1 -q --time none --validation 0 -o n
try n load.csv --quantiles 0.5
make_series 20
elman train series.tsv --epochs 1 -H 4 -t 1 -q -o s
try s series.tsv --quantiles 0.5
