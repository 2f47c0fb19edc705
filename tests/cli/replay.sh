# a run that breaks leaves a file, from which it breaks again in the same way
. "$CASES/data.sh"
make_table 200
options='--cell rnn --nonlinearity relu --hidden 8 --target load --window 8
    --batch 8 --optimizer sgd --clip-norm none --schedule constant --quiet'
elman train table.csv $options --lr 5 -o m --threads 1 2>&1 | fold -w 100
ls
elman replay m.replay

# the same on other instruction sets, with other threads, as JSON
elman replay m.replay --json >want
for isa in base avx2 avx512 neon; do
    ELMAN_ISA=$isa elman replay m.replay --json --quiet --threads 3 | cmp - want
done
cut -c 1-75 want

# a step before
step=$(sed 's/.*"step":\([0-9]*\).*/\1/' want)
elman replay m.replay --until 1
elman replay m.replay --until $((step - 1)) --json >want
ELMAN_ISA=base elman replay m.replay --until $((step - 1)) --json | cmp - want
elman replay m.replay --until $((step + 1))
elman replay m.replay --until none

# from a checkpoint it goes the same way
elman train table.csv $options --lr 5 -o c --checkpoint-every 2 2>&1 |
    grep -c 'replay c.replay'
elman replay c.replay | sed -n 's/^from.*/&/p;/^ *[0-9]/p'
elman replay c.replay --until 1

# data that moved, and data that changed
mkdir there
mv table.csv there/t.csv
elman replay m.replay
elman replay m.replay --data there/t.csv | head -2
sed '20s/,[0-9]*,/,77,/' there/t.csv >table.csv
elman replay m.replay

# what is no such file
elman replay table.csv
head -c 500 m.replay >cut.replay
elman replay cut.replay
elman replay c.checkpoint
elman replay missing.replay

# standard input can be given as a file, and many runs leave none
elman train - $options --lr 5 -o s <there/t.csv 2>/dev/null
elman replay s.replay
elman replay s.replay --data there/t.csv | tail -3
elman train there/t.csv $options --lr 5 -o many --seeds 2 >many.out 2>&1
ls many*.replay 2>/dev/null
exit 0
