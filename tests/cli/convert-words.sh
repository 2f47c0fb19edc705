# every word of the table of --layers in docs/FORMATS.md is taken as it stands there
cp "$CASES/../golden/parts/"*.safetensors "$CASES/../golden/state/"*.safetensors .
cp "$CASES/../golden/layouts/"*.npz .

# a model with attention, under the names that PyTorch would have
awk 'BEGIN { for (i = 0; i < 40; i++)
    print i % 2 ? "up\t1\t2\t" i : "down\t2\t1\t" i }' >series.tsv
elman train series.tsv --pool attention --cell rnn --hidden 4 --epochs 1 \
    --no-bidirectional --validation 0 --output own.safetensors --quiet >log 2>&1
elman convert own.safetensors attention.safetensors --to torch >log 2>&1

awk -F'|' '/^[|] word [|] is [|]$/ {on = 1; next} on && !/^[|]/ {exit}
     on {print $2}' "$CASES/../../docs/FORMATS.md" |
    grep -o '`[^`]*`' | tr -d '`' >words
grep -c . words

while read -r word; do
    head=${word%:*}:
    case $word in
    layer_norm*:*) file=norm layers="rnn,${head}norm,out" ;;
    batch_norm*:*) file=norm_between layers="gru,${head}bn,fc" ;;
    initial*:*) file=initial_lstm layers="${head}rnn,fc" ;;
    sum:* | average:* | mul:*)
        file=directions_added layers="${head}rnn,fc" ;;
    linear:*) file=float64 layers="lstm,${head}fc" ;;
    embedding:*) file=language layers="${head}embed,lstm,fc" ;;
    lstm:*) file=float64 layers="${head}lstm,fc" ;;
    'lstm('*) file=torch_rnn.npz layers="${head}." ;;
    'gru('*) file=mapped_gru.npz layers="${head}gru" ;;
    bidirectional*)
        file=flax_compact.npz
        layers='bidirectional(OptimizedLSTMCell_0,OptimizedLSTMCell_1),Dense_0'
        ;;
    attention:*) file=attention layers="rnn,${head}pool,fc" ;;
    repeat*) file=float64 layers="lstm,last,$word,fc" ;;
    *) file=float64 layers="lstm,$word,fc" ;;
    esac
    case $file in
    *.npz) ;;
    *) file=$file.safetensors ;;
    esac
    elman convert $file out.safetensors --layers "$layers" >shown ||
        echo "$word"
done <words
