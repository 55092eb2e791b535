module open-chatgpt.io/tools/cluster/pause

go 1.26.0
