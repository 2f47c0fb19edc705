# a class that a part has none of is told behind the plan
classes() { awk -v n="$1" 'BEGIN { print "x,y,kind"; for (i = 0; i < 3 * n; i++)
    print i * 7 % 13 + int(i / n) "," i * 5 % 11 "," \
        (i < n ? "red" : i < 2 * n ? "green" : "blue") }'; }
classes 100 >sorted.csv
{ head -1 sorted.csv; tail -n +2 sorted.csv | awk '{ print NR % 100, $0 }' |
    sort -s -n | cut -d ' ' -f 2-; } >mixed.csv
told() { elman train "$@" --task tag --target kind -w 5 --plan --time none |
    grep ^classes; }
told sorted.csv --validation 0.2
told sorted.csv --validation 0.35
told mixed.csv --validation 0.2
told mixed.csv --validation 0.2 --test 0.2
elman train sorted.csv --task tag --target kind -w 5 --time none --steps 1 \
    --validation 0.35 -H 4 2>&1 >out | grep ^classes
