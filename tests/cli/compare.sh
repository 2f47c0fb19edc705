# runs beside each other: models, logs and folders of both; seeds are one row
. "$CASES/data.sh"
make_text 40
mkdir runs
options='--embedding 8 --batch 4 --k1 16 --epochs 4 --quiet'
for seed in 1 2 3; do
    elman train text.txt $options --hidden 8 --seed $seed -o runs/small-$seed \
        --metrics runs/small-$seed.log
done
elman train text.txt $options --hidden 16 --lr 0.01 -o runs/large
cat text.txt >runs/text.txt

# one model; two; a folder, where a log and its model are one run
numbers() { sed 's/[0-9][0-9]*[.][0-9]*/N/g; s/[▁▂▃▄▅▆▇█]*$//; s/  */ /g; s/ $//'; }
elman compare runs/large | numbers
elman compare runs/large runs/small-2 | numbers
elman compare runs >folder
numbers <folder
elman compare runs/*.log | numbers
wc -L <folder

# curves fall, from the highest mark to the lowest
sed -n 's/^large .* \([▁▂▃▄▅▆▇█]*\)$/\1/p' folder | grep -c '^[▄▅▆▇█].*▁$'

# the mean and the deviation of three seeds are those of the models' own scores
elman compare runs --json >all.json
sed 's/.*"groups":\[\(.*\)\],"differences".*/\1/; s/},/\n/g' all.json |
    grep -o '"runs":[0-9]*,"seeds":"[0-9, ]*"'
for seed in 1 2 3; do
    elman compare runs/small-$seed --json | grep -o '"score":[0-9.]*' | head -1 |
        cut -d: -f2
done | awk '{ sum += $1; squares += $1 * $1 } END {
    printf "%.5f %.4f\n", sum / 3, sqrt((squares - sum * sum / 3) / 2) }' >want
sed 's/.*"runs":3,[^}]*"score":\([0-9.]*\),"deviation":\([0-9.]*\).*/\1 \2/' all.json |
    awk '{ printf "%.5f %.4f\n", $1, $2 }' | cmp - want && echo mean and deviation
grep -o '"differences":{.*},"runs":\[' all.json | cut -c1-60

# all runs of one command, kept and compared
elman train text.txt $options --hidden 4 --seeds 2 --keep-runs -o many >/dev/null
ls many*
elman compare many many.run-* | numbers

# what is no run
elman compare runs/text.txt
echo $?
elman compare missing
echo $?
mkdir empty
elman compare empty
echo $?
elman compare
echo $?
printf '{"event":"evaluation","step":1,"validation":{"loss":1}}\nhalf' >half.log
elman compare half.log | numbers
for line in '{}' '[]' '{"event":"else"}' '{"event":1}' '{"event":"step"' 'x' ''; do
    printf '%s\n' "$line" >bad.log
    elman compare bad.log 2>&1
done | sort | uniq -c | sed 's/^ *//'

# a journal that somebody wrote
LC_ALL=C sed 's/{\\"version\\":1,\\"settings/{\\"version\\":7,\\"settings/' runs/large >broken
cmp -s broken runs/large && echo not broken
elman compare broken
elman info broken | sed -n '/^trained until/,/^$/p'
elman info broken --json | grep -o '"journal":[a-z]*'
LC_ALL=C sed 's/\\"total\\": *[0-9]/\\"total\\":7/' runs/large.checkpoint >b.checkpoint
elman train text.txt $options --hidden 16 --lr 0.01 -o b --resume
echo $?
