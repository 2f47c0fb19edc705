# a model file with the encoding of another model is refused
. "$CASES/data.sh"
make_series 24
elman train series.tsv --hidden 4 --epochs 1 --quiet -o model
LC_ALL=C sed 's/\\"early\\",\\"late\\"/\\"earlyXXXXXlate\\"/' model >other
LC_ALL=C sed 's/\\"mean\\"/\\"moan\\"/' model >broken
for file in other broken; do
    for command in info predict sample inspect; do
        elman $command $file </dev/null
        echo $?
    done
done
