# every mapping file of docs/MAPPINGS.md and FORMATS.md, as it stands there, gives what the
# source's own tool gave
cp "$CASES/../golden/layouts/"* .

# `NAME.json` on a line of its own is followed by the file, indented
awk '/^`[a-z0-9_]+[.]json`$/ {gsub("`", ""); file = $0; next}
     /^    / && file {print substr($0, 5) > file; begun = 1; next}
     begun {close(file); file = ""; begun = 0}' \
    "$CASES/../../docs/FORMATS.md" "$CASES/../../docs/MAPPINGS.md"

# and files that say themselves what they are, by the mapping alone
try() {
    elman convert "$1" out.safetensors --mapping "$2.json" \
        --reference "$3_x.npy" "$3_y.npy" >shown &&
        echo $1 $(grep -c '^checked' shown)
}
try rtneural_own_lstm.json rtneural rtneural_own_lstm
sed 's/"version": "0.5.4"/"version": "1.9.0", "skip": true/' nam_1x3x1.nam >new.nam
try new.nam flat flat
rm -f rtneural.json

for file in keras_lstm keras_gru tf1_lstm tf1_peephole tf1_gru flax_lstm \
    haiku_gru mlx_gru burn_lstm burn_gru torch_rnn char_rnn flat; do
    elman convert $file.[ns][pa][zf]* out.safetensors --mapping $file.json \
        --reference ${file}_x.npy ${file}_y.npy >shown &&
        echo $file $(grep -c '^checked' shown)
    rm -f $file.json
done

# there is none that the list above lacks
ls | grep 'json$' | grep -v -e json_state -e rtneural -e burn_record -e recurrent_js || echo no other file
