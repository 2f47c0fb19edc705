# a pipe that has a name is read like standard input, wherever data is named
. "$CASES/data.sh"
make_text
make_series
make_table
ints x.npy '(40, 12, 2)' $(seq 1 960 | awk '{ print $1 * 7 % 50 }')
ints y.npy '(40, 12)' $(seq 1 480 | awk '{ print $1 * 3 % 5 }')
mkfifo p q r
run="--hidden 4 --steps 3 --seed 1 --quiet"
same() { cmp "$1" "$2" && echo "$3"; }
for data in text.txt series.tsv table.csv x.npy; do
    case $data in
    table.csv) more="--target load --format table" ;;
    x.npy) more="--target-file y.npy --task track" ;;
    series.tsv) more="--format series --test series.tsv --validation series.tsv" ;;
    *) more="--test text.txt" ;;
    esac
    elman train $data $run $more -o file.safetensors >file.out
    for memory in '' '--memory 300k'; do
        cat $data >p &
        given=$more
        case $data in
        x.npy) cat y.npy >q & given="--target-file q --task track" ;;
        series.tsv) cat $data >q & cat $data >r & given="--format series --test q --validation r" ;;
        text.txt) cat $data >q & given="--test q" ;;
        esac
        elman train p $run $given $memory -o pipe.safetensors >pipe.out
        wait
        elman predict file.safetensors $data >file.txt
        elman predict pipe.safetensors $data >pipe.txt
        same file.txt pipe.txt "$data $memory"
    done
    [ $data = x.npy ] && continue
    cat $data >p &
    elman predict file.safetensors p >pipe.txt
    cat $data | elman predict file.safetensors >live.txt
    same live.txt pipe.txt "predict $data"
    cat $data >p &
    elman eval file.safetensors p >pipe.txt
    elman eval file.safetensors $data >file.txt
    same file.txt pipe.txt "eval $data"
    cat $data | elman eval file.safetensors /dev/stdin >pipe.txt
    same file.txt pipe.txt "/dev/stdin $data"
    elman inspect file.safetensors $data --only gates --json | sed 's/"data":"[^"]*"//; s/"source":"[^"]*"//' >file.txt
    cat $data >p &
    elman inspect file.safetensors p --only gates --json | sed 's/"data":"[^"]*"//; s/"source":"[^"]*"//' >pipe.txt
    same file.txt pipe.txt "inspect $data"
done

# as it has no name to call a model by; and what is read once cannot be read twice
cat text.txt >p &
elman train p $run >out
ls model.safetensors
elman train p $run --test p -o none || :
elman train p $run --seeds 2 -o none || :
cat x.npy | elman predict file.safetensors /dev/stdin | wc -l
elman train /dev/null $run -o none
