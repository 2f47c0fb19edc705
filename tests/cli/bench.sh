# nothing here depends on how long anything takes
elman bench --list | awk -F '\t' 'NR == 1 || /charlm|bilstm|st_gru_24/'
elman bench --list | wc -l
elman bench --list | cut -f1 | sort | uniq -d
elman bench --list --quick | cut -f1

cat >count.py <<'END'
import json, sys

with open(sys.argv[1]) as file:
    result = json.load(file)
for roof in result["roofs"]:
    assert roof["fp32"] > 1e6 and len(roof["read"]) == 4, roof
for row in result["rows"]:
    assert 0 < row["seconds"] < 60 and row["peak"] > 0, row
    assert row["flops"] / row["seconds"] > row["roof"] * 1e4 > 0, row
    print(row["name"], row["family"], row["mode"], row["threads"],
          "%.0f" % row["flops"], row["recorded"],
          row["tail"] is None or row["tail"] >= 1, row["peers"])
END
cat >peers.txt <<'END'
# a name and a command
good   while read line; do echo "$line" >>asked.txt; echo 0.5; done
never  while read line; do echo -; done
gone   exit 3
END
quick='--seconds=0.003 --threads=1'
elman bench $quick 'elman_*' ts_gru_64 st_gru_24 --peers=peers.txt \
    --results=results.json >table.txt
python3 count.py results.json
sort -u asked.txt
cut -c1-30 table.txt | sed -n '/^shape/,$p'
elman bench $quick dbd_rnn_64_1 --json >results.json
python3 count.py results.json

# of --quick's rows those that are small enough for any build
elman bench $quick --quick 'elman_*' 'wave_*' 'st_lstm_32' 'hd_*' >table.txt
cut -c1-30 table.txt | sed -n '/^shape/,$p'

echo 'only-a-name' >bad.txt
for line in 'ts_gru_46' 'nothing-like-it' "'st_*' 'dbx_*'" '--threads=0' \
    '--threads=65' '--mode=fast' '--seconds=0' '--peers=missing.txt' \
    '--peers=bad.txt' 'st_gru_24 --mode=train' '--quick ts_gru_64 --mode=stream' \
    'st_gru_24 --threads=1 --results=no/where.json'; do
    eval elman bench --seconds=0.001 $line >out.txt 2>err.txt
    echo "$? $(cat err.txt)"
done
