# a loss that is not a number stops the run, and says where it was found
. "$CASES/data.sh"
make_series 40
elman train series.tsv --cell rnn --nonlinearity relu --hidden 8 --quiet \
    --optimizer sgd --lr 1e30 --clip-norm none --checkpoint-every 1 2>err
echo $?
wc -l <err
grep -o '^elman: .*epoch' err | head -c 7
echo
ls
# weights that break in the last step, before they would be saved, tell as much
make_table 60
awk -F, -v OFS=, 'NR > 1 { $2 *= 1e9; $3 *= 1e9 } 1' table.csv >large.csv
elman train large.csv --task track --target load --hidden 4 --epochs 1 \
    --optimizer sgd --lr 1e30 --clip-norm none --no-scaling --quiet \
    --validation 0 -o boom.safetensors 2>err
echo $?
grep -c 'elman replay boom.safetensors.replay' err
ls boom*
