" Job files have no extension of their own: known by their place, or by what only they say.
autocmd BufNewFile,BufRead */etc/event.d/*,*/etc/init/*.override setfiletype domstart
autocmd BufNewFile,BufRead *.conf call s:Detect()

function s:Detect() abort
  for line in getline(1, 200)
    if line =~# '^\s*\%(image\s\+from\|guest\s\+\k\|domain\s\+\k\+\s\|start\s\+on\s\)'
      set filetype=domstart
      return
    endif
  endfor
endfunction
