# every command of docs/FORMATS.md for a file of the recorded layouts, as it stands there,
# gives what its tool gave
cp "$CASES/../golden/layouts/"* .
grep -E '^    elman convert [a-z0-9_]+[.](npz|nam|json) [a-z]+[.]safetensors' \
    "$CASES/../../docs/FORMATS.md" | while read -r line; do
    name=${line#elman convert }
    name=${name%%.*}
    case $line in
    *--mapping*) continue ;;
    *--reference*) ;;
    *) line="$line --reference ${name}_x.npy ${name}_y.npy" ;;
    esac
    eval "$line" >shown && echo "$name" $(grep -c '^checked' shown)
done

# words for what names do not say, and what can not be
elman convert torch_rnn_model.npz net.safetensors
elman convert flax_compact.npz net.safetensors
elman convert haiku_deep.npz net.safetensors
elman convert torch_rnn.npz net.safetensors --layers 'lstm(ifo):.'
elman convert torch_rnn.npz net.safetensors --layers 'gru(rzh):.'
elman convert torch_rnn.npz net.safetensors --layers 'lstm(ijfo):.' | tail -1
elman convert char_rnn.npz net.safetensors --layers 'lstm(ifog):.' --quiet \
    --reference char_rnn_x.npy char_rnn_y.npy
