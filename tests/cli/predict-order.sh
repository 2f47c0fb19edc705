# rows are answered in the order of the file, whatever the order of their times
awk 'BEGIN { print "date,x,y,label"
    for (n = 0; n < 100; n++)
        printf "2021-%02d-%02d,%d,%d,%s\n", 1 + int(n / 28), 1 + n % 28,
            n * 7 % 13, n * 7 % 13 * 2 + 1, n * 7 % 13 < 6 ? "low" : "high"
    }' >plain.csv
{ head -1 plain.csv; tail -n +2 plain.csv | tac; } >reversed.csv
{ head -1 plain.csv; tail -n +2 plain.csv | awk '{ print NR * 37 % 101, $0 }' |
    sort -n | cut -d ' ' -f 2-; } >mixed.csv
common='-w 24 --steps 5 -H 4 -q -t 1'
elman train plain.csv --columns x --task track --target y -o track $common
elman train plain.csv --columns x --task tag --target label -o tag $common
for model in track tag; do
    for file in plain reversed mixed; do
        elman predict $model $file.csv >$file.text
        elman predict $model $file.csv -o $file.out.csv
        wc -l <$file.text
        tail -n +2 $file.csv | cut -d , -f 1 >dates
        tail -n +2 $file.out.csv | cut -d , -f 1 | cmp - dates &&
            echo $model $file: the dates of the file
    done
    # the same answer to the same date
    for file in plain mixed; do
        tail -n +2 $file.csv | cut -d , -f 1 | paste - $file.text |
            sort >$file.sorted
    done
    tail -n +2 reversed.csv | cut -d , -f 1 | paste - reversed.text |
        sort >reversed.sorted
    cmp plain.sorted reversed.sorted && cmp plain.sorted mixed.sorted &&
        tac reversed.text | cmp - plain.text && echo $model: alike
done

# a state that is carried on reads the oldest row first
elman train plain.csv --columns x --task track --target y -o stream $common \
    --no-bidirectional
elman predict stream plain.csv --stream | wc -l
elman predict stream reversed.csv --stream || true
