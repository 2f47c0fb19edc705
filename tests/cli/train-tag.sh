# a class for each row: a pipe is answered row by row as the file is measured,
# by models that stream and by those that look ahead
awk 'BEGIN { print "a,b,state"; for (n = 0; n < 300; n++) {
    p = n % 20; print p * 3 / 2 "," n * 7 % 11 "," (p < 10 ? "low" : "high") } }' >tag.csv
common='--task tag --window 20 --epochs 20 --batch 8 --hidden 16 --quiet'
elman train tag.csv $common -o stream
elman train tag.csv $common -o lookahead --bidirectional
for model in stream lookahead; do
    elman predict $model tag.csv >rows
    cut -d, -f3 tag.csv | tail -n +2 | paste - rows |
        awk '{ right += $1 == $2 } END { print NR, right / NR }' >count
    elman eval $model tag.csv --json |
        sed 's/.*"accuracy":\([0-9.]*\).*/300 \1/' >measured
    awk '{ print $1, int($2 * 100 + 0.5) }' count measured | uniq | wc -l
done
head -50 tag.csv | elman predict lookahead | wc -l
elman predict stream tag.csv --stream | wc -l
elman predict lookahead tag.csv --stream
echo $?
