# values for each row of a table: as many answers as rows, by models that stream
# and by those that look ahead
. "$CASES/data.sh"
make_table 203
common='--task track --target heat --columns hour,load --window 16 --epochs 2 --hidden 8 --quiet'
elman train table.csv $common -o stream >/dev/null
elman train table.csv $common -o lookahead --bidirectional >/dev/null
for model in stream lookahead; do
    elman predict $model table.csv | wc -l
    head -11 table.csv | elman predict $model | wc -l
done
elman predict stream table.csv --stream | wc -l
