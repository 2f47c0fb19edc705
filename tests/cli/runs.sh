# many runs of one command: a sweep, seeds; the best is kept, and is what the
# same training alone would give; a command that was stopped goes on
. "$CASES/data.sh"
make_series 60
options='--validation 0.2 --hidden 8 --steps 30 --threads 2'
elman train series.tsv $options --sweep 'hidden=4,8 lr=1e-3:1e-1:2' --quiet \
    --json -o swept >swept.json
grep -o '"run":"[^"]*"' swept.json
best=$(sed 's/.*"best":{"setting":"\([^"]*\)".*/\1/' swept.json)
elman train series.tsv $options $(echo "$best" | sed 's/^/--/; s/ / --/') \
    -o alone --quiet
cmp swept alone && echo the best run alone is the same
ls | grep -c 'run-\|\.runs$'

# mean and deviation of seeds, as a table of one setting
elman train series.tsv $options --seeds 3 -o seeds 2>progress |
    awk 'NR == 3 { print $1, $2, $3 } /^saved/ { print $1, $2, $5, $6 }'
cut -d ' ' -f 2-5 progress | sort -u

# each seed is the run that this seed gives alone
elman train series.tsv $options --seeds 3 --json --quiet -o seeds >seeds.json
grep -o '"loss":[^,]*' seeds.json | sort -u | wc -l
elman train series.tsv $options --seed 3 --json --quiet -o third |
    grep -o '"metrics":{"loss":[^,]*' | sed 's/.*{//' >third.loss
grep -c "$(cat third.loss)" seeds.json

# what is best is told in the units of the data, whatever is trained
make_table 300
elman train table.csv --target load --columns load --window 12 --hidden 4 \
    --steps 20 --sweep 'transform=none,seasonal:24' --json --quiet -o units |
    grep -o '"best":{"setting":"[^"]*"'

# a killed command goes on where it was
long='--validation 0.2 --hidden 8 --epochs 40 --threads 1 --quiet --seeds 6'
elman train series.tsv $long -o whole >/dev/null
elman train series.tsv $long -o cut >/dev/null &
pid=$!
while [ "$(wc -l 2>/dev/null <cut.runs)" -lt 3 ] 2>/dev/null &&
    kill -0 $pid 2>/dev/null; do :; done
kill -TERM $pid 2>/dev/null
{ wait $pid; } 2>/dev/null
: >cut.run-6.checkpoint.previous
elman train series.tsv $long -o cut >/dev/null
cmp whole cut && echo goes on
ls | grep -c 'run-.*previous'

# the part that a score is of
for part in '--validation 0.2' '--validation 0' '--test 0.2 --validation 0.2'; do
    elman train series.tsv $part --seeds 2 --steps 2 --hidden 4 -o part 2>/dev/null |
        sed -n '2s/  */ /gp'
done

# mistakes
elman train series.tsv --sweep 'hiden=4'
elman train series.tsv --sweep 'hidden='
elman train series.tsv --sweep 'hidden=4,x'
elman train series.tsv --sweep 'output=a,b'
elman train series.tsv --sweep ''
elman train series.tsv --seeds 2 --resume
elman train series.tsv --seeds 2 --sweep 'seed=1,2'
echo 'elman train other' >old.runs
elman train series.tsv --seeds 2 -o old --quiet
