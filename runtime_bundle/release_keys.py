"""The keys of everyone who has signed a Node.js release, as published in nodejs/release-keys.

A flat table of the keys that may sign, primaries and signing subkeys; Myles Borins' primary only
certifies and is left out. ``window`` is the first and last day of a retired key's signatures, read
from the signed checksums of 663 releases, all from v0.10.30 to v26.7.0 but v20.11.0 and v26.3.0, and
of v0.10.0. A key that signed none of them has no window. Expiry is written down for active keys
only: a window says more.
"""

from __future__ import annotations

from datetime import date

from rtinstall.runtime_bundle.openpgp import PinnedKey

_TABLE = (
    PinnedKey(
        fingerprint="5BE8A3F6C8A5C01D106C0AD820B1A390B168D356",
        primary="5BE8A3F6C8A5C01D106C0AD820B1A390B168D356",
        holder="Antoine du Hamel",
        status="active",
        material="BGhgOtwWCSsGAQQB2kcPAQEHQKP8lPjLrWnBZpp9AhF+PeYKDawcUduNt+VyzHLx2I36",
    ),
    PinnedKey(
        fingerprint="655F3B5C1FB3FA8D1A0CA6BDE4A7D232B936D2FD",
        primary="655F3B5C1FB3FA8D1A0CA6BDE4A7D232B936D2FD",
        holder="Stewart X Addison",
        status="active",
        expires=1845791347,  # 2028-06-28
        material="BGpCI3MWCSsGAQQB2kcPAQEHQGERVrwQgHfXQ4yk3j7gL78wFsYb6IwF3KNJuNgDIfzA",
    ),
    PinnedKey(
        fingerprint="DD792F5973C6DE52C432CBDAC77ABFA00DDBF2B7",
        primary="DD792F5973C6DE52C432CBDAC77ABFA00DDBF2B7",
        holder="Juan José Arboleda",
        status="active",
        material="BGQBbbQWCSsGAQQB2kcPAQEHQPVFEDXJRadKyK4LUJzcOgYIwyDZBT6FW7kuB7EDRH/n",
    ),
    PinnedKey(
        fingerprint="A363A499291CBBC940DD62E41F10027AF002F8B0",
        primary="A363A499291CBBC940DD62E41F10027AF002F8B0",
        holder="Ulises Gascón",
        status="active",
        expires=1843474974,  # 2028-06-01
        material=(
            "BF0VqLoBEACiPJYKX/UT5OFnucsBQqSmFNPsRD6JaClRqNe8wQfOZKFNLyatjtNj2Bvuq2wDTdKSiwcT3PWt"
            "PCEVEQ5i4MMzwmnflAV4KTtj8mLCGTR3ighnf9kFhBdX+G4I3lQ2rIAc7ie+sI67zFmsAC7wFTw06DrB18vx"
            "l5uX7H5UqDXLsOQKE3+DQ2SsygI+JsCanaZ+kk6pxgflNDlWj5uRIPe82Cwxg0gS0aQKX5m//diavfhlPmuo"
            "YaQioe8/b6Bo9re7opWhtEFfYyGUxaRxVTLoMRwWcacspwqHcGe+rp88YmLMUXDhPLmgGw8aAsf+b6Wcj12z"
            "Pusny1sJoG7zwm37a98blyCoYFzx/xTG6gq/RLud/xdUOOOhPGMH9wQK9ngVYG3Wr+LWU0ABrUBayY1wE3QB"
            "j7wYkoK6BEYknzkzm7y4tO2jrv/9dxV8kt8zUEDwUq01Uj3TDe3YAbbYhXTVIXFwVarCM4AmdIrvKbJZz0JW"
            "CIA96M3NVyIJHqY2KYsm/YWsWMDqieLQci5M78o3wSdr4vsbvTRRGnmpEXw5cU16qY+/npWm3R2H4o3IV9qR"
            "rrcYTgMdS6QohCV3qBeTRCdy7n3YB6X78ITIo/I9ogGG2nrsi+mj0R6F39Y6Y/KQzDM1ECWjsk4pxdK71JGX"
            "WZWersmI8rymbtd/WT+UKwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="C2B25D9B4272DB29565BA87F3C7824F39A895758",
        primary="A363A499291CBBC940DD62E41F10027AF002F8B0",
        holder="Ulises Gascón",
        status="active",
        expires=1815925787,  # 2027-07-18
        material=(
            "BGh6bRsBEACr844c0fIwS+RMtQrA9pErTIcjTBBi/uZteVc3IdOo5rbcyV9sTAxS8v1Zt73TNWJzPoEIXkWa"
            "c0W2AUbSY2tuwgbv2CT9Pz77iFveNC76fjBrlnYPVSex6i409RkEieEoK5Avqe8FDLVufUngnYrc0V+UiGLD"
            "K8nbP0/B2B/J92Mrjp9M+VYyhsCsMO+5lCaekAPQjbTcXohCyV6L4NLmKf5D3wDlXJPFrQh1yhZvLWf+Ovfz"
            "7Z097IxSt/58mtcwVItjpUIYaUMEYJPrYkilm50BJkiIe7+WUX2KYd6XaZ2Fn+3hy8xfpGSyt5B39EvS9EEf"
            "8a2gkb1YkCHlcsn90ObF4IH8bRyBfZlz3V5DD6J0/E/AadCBkqhVSsL2PKLEPeOf1lhBNOqZl+l9G7hOrbJ1"
            "WVRzXR++rKBYdzCpYPoZcQ04r4bZObiI/EtARu2dGMZFTOHaG1BrLpuTG5Jedmav/kR5BRj1L6dAS918NAYD"
            "pNbo+TVTkEv1VTeBQ5I6vIj2/eybprG8Wzw95mgnDO2fAWRNRyZdJlLKkm5Sy8vnAEVjZVkn64zDdjlMYRfu"
            "muQH53Sb9T53QJRm6RHdOFFmjg22fg9vQ6HJjSilTrgjX9GzlmZoq6AUBcx7NQqK1I4NgkmVpI6Avz9QRsFq"
            "MoLGBstUC13tv5J8QkzoFQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="890C08DB8579162FEE0DF9DB8BEAB4DFCF555EF4",
        primary="890C08DB8579162FEE0DF9DB8BEAB4DFCF555EF4",
        holder="Rafael Gonzaga",
        status="active",
        expires=1783525729,  # 2026-07-08
        material=(
            "BGKD3OQBDAC3ESxNd7dHfM7Hl3sE7Xn2osS4UZkJtmXA7hdbfybzf164wCbLcYECq0GrGfgdnKEMWNzr2S08"
            "KkUWQwJZd70Jt1voVpqWVXdtBH/KxGwifixMkTEylu0ePvJM7L5HNOIZP5njcAU03hKgIibYQW+SWj/G37yf"
            "dyNprN2uX8p4CUyJbnBcYOZ2W1tUzNsddvTV03JlDmfR5kwHoi5sTCqvQWTzsIQn/vGHxMqa3XjabfSvim1A"
            "ytE1J7VIiu7P9hW1prEfUVY5+ggswUCfJl4A4WcCwFLIaIdOreiakAix7Hn5AD4DlyskTzDy6QRpzFVm6Yyr"
            "KzUzggqa+bQ5/9aq8LdKVim/f/LmEuSQdwkEt0rOWhAXYJQrnJT8IFLqmgnJEygGkwcdXOBGRERRB8Mes0rf"
            "rgYHYW0WqGI5fMxyL1Ti9w+0AH6QFq1IoWZY8bzGk1bJe57lgJrshavpSc1ftKTqsFAoLYDsMF6lxkNyS7+O"
            "ZMIxU9hbvuJgdPj7/lUAEQEAAQ=="
        ),
    ),
    PinnedKey(
        fingerprint="CC68F5A3106FF448322E48ED27F5E38D5B0A215F",
        primary="CC68F5A3106FF448322E48ED27F5E38D5B0A215F",
        holder="Marco Ippolito",
        status="active",
        expires=2027005245,  # 2034-03-26
        material=(
            "BGYFoj0BEACm4UKYcykICb5oxZQQxSZRYwzkSngpeFcrruHVHfg2jcQ+VmRVC3NrbhSrBQuJ0pMx/zq/yZB6"
            "K4JS+EMf5GpaX2ZsVsj/MPoSKVHcyXR4clIulCxNrUyKYS78awl3bE+dwf9U+IY2fMoMVLwNL8kT2Yr28dI2"
            "u47bOPRqxDTxJ8VkRMR24Nv8VbFn2kZVm4u/ZE4lVlAr82vuM8dOdo+RA6OTfnJRBtuwp8YmSLQnoE+BeR+i"
            "LgbmqOFSqAsQ4z5tl6PlwUMQn7k/GiYfGGKzgpZ9eq265xu7u7f2cXk3SAnxf2Tmv3JLsdLd3wbxGOSAd9Ci"
            "y+VNmhW06khd9JGriVyslapSNu0ZdH4RepPqjTEItHLEdnUwlcmJGKnbE3n7Q6mTez2pMtNYNAeA4LK26qHk"
            "HqkgAlkgIZKG3SMlD9wc3FKfSpMdEQw9RqAZivO0CoiFRC+VknRVFy4N/F0nrvC4uHDEomIueJswN2r0LWhM"
            "DmlVj0CGfDQ1SDeU0QpVtuQ5wjpp3UumLtj+uzfU6Y01mrtxH2hNbXKWiYFlDSH17wrazYGyEWDnz7owLbxE"
            "N1c7sQgHVTVgFzQs/zRjS27HE3bWK2O+vXWD+mceXMHUL0om04V2TFig5GaGPr2GSD4eY5Em4G2FzmwPGhjB"
            "+nP8nHmsQLAuMUhIR47yNwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="C82FA3AE1CBEDC6BE46B9360C43CEC45C17AB93C",
        primary="C82FA3AE1CBEDC6BE46B9360C43CEC45C17AB93C",
        holder="Richard Lau",
        status="active",
        material=(
            "BF222c0BEAC/wIiI7EYmA7yprNa/0en2leF+CrF09BlCItTHH5IgjSLGq2tIBi3hIhf7TitDlu6GphHlFjvh"
            "j6UDgdEmr0itcoOLRhtER6WlmMaXtS+im5fPSLWWskZSAh1YC3iqOQCErkAnVFUWY5nUbWfxgv0pKrc5GTT2"
            "RkiD6ngor5YIAkRaYQ+nniHsekUYOuLln0p4n/K0/iRw5NMok9Q2FwlEj7H0kCfDPuqsgfEoDXoVv8QSVIpB"
            "1gdOQ7e2MeMAB6U5o0OjqzMxPUrIkDmgGIBvCgcCN33lMNO4DWlhr3vF90EhKvWPLy4kTa4Gctt9f5kICzb7"
            "AYZJG7+F8hrVHpbF0fXzTgZsO/BBf4ERTMKGfj7ZXq7eGARTfDgzR9yxWfxfo47jUd8amVk/qj9O94lIPobE"
            "UeP7SKPy2jIRTx04HcdMDPAFokzJf1cwCghc19mN+ro31rcnud0Za0EM7Yxq89GHvHiUEzxj2XWny3n583V4"
            "Lh6c2bAm0tcqmJlLholeFo3qW/nBSCde0BjwfamKd4KB80tsF8Qu6OdahFT8ybaCA2lsdcks9uAXXqwyTmXh"
            "we22CHk/919Ubk0DFPozgj0AaDf+vQz+lKxDUuY0FaSEo3sPnw7JmG1fdz2jAw0UvK4xGrYE8nTlF85mOBhV"
            "7zjwW57b9x07Og0zilqZhwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="108F52B48DB57BB0CC439B2997B01419BD92F80A",
        primary="108F52B48DB57BB0CC439B2997B01419BD92F80A",
        holder="Ruy Adorno",
        status="active",
        material=(
            "BFltAggBEADHYmcgBOWwJTVRJCnqEpC8IvOber468ikSgNolQHFbyUkJy/kdcx+byBnvqs+s050N6EocIkmP"
            "vaa+ptNYf21uDnGKPyFqPMKn68iAXwVDasUK1SSTlQSixf4qyHjcD7oyDm+1behw0J+KEnjLj941/Q4TOTu9"
            "3ntRtgBKX0urXTvGjuxkiHyMiPSiisuV4S0cpi5XsPOPrCvRFrx6xUGRAPf5+MVJkbS5AknmE/aFaMa7yfXe"
            "hZEYIwJzHFgYYRTZH4RB+a6fO3VqVdEEO2oHtR34c4bEn28rtgcrJv/3rTa1yXZxWf/qGHthRUXY+eHwV+Ih"
            "3zOxlQ+nGBK5sarqpOLF2iuVYbmtJeYo6b0LQRVxNEOokmxEOJEpkKJfq1nWRd3hY80KRnNCwCbGjM5i2s8I"
            "byDtvmyVCZAtpBkQOpL24UejO15EaqJUMLbAwbrj3vNZZBRcWC4/MWL8seYYn05cIRKp9tf8+JsJFpq1VYcg"
            "tMjJbu11+B/lhuNwDow+iBETfHgwNl61B9/2AlyMo2qGnnJ9Q/fBxJDV+F/cSun/zyr5ks5wIuzY8fDYzmqa"
            "YROgZObGDwqbEON5wl/iQKFSMfLB138AP1TY7yDLueuuohpLCxEiVntr6+d7FIWIDfJS7FLQJvC6riUfp9TW"
            "XjnqPjIQPeraGNlqKSUIeQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="8FCCA13FEF1D0C2E91008E09770F7A9A5AE15600",
        primary="8FCCA13FEF1D0C2E91008E09770F7A9A5AE15600",
        holder="Michaël Zasso",
        status="active",
        expires=2080645689,  # 2035-12-07
        material=(
            "BFcGZx4BEACa92SjEniMQIBdb0btnZRu8vzOGNe+ndzXIWPyu2h+p0xZ/2JNMDQW5hc8USoV4/rTssdqDOqc"
            "u3AkmLtZi14IaRJ1TQP6Zb05I8MOEm58WXXn7fSFYJwhD3LDrAdAHAs896QvsFG7X3Rw18+j7RpK/MPIXZDA"
            "5GS3QPfrB67q/J3vvJyQeNz9jSlnMpkNO3KQYvUuU1KqeBpMXZtJi52B6FQY7y3H27MgjmJ2EEX9f1uNaxUw"
            "0SzHCJhKXFjAoeKIwrE/MwcbSks2Ax8lHMlLAgaio77nfdvrEtHbXUIbOGlY7gT/Pzwav9ofCE3thvfTAzcS"
            "cIENgmRuun2PEItxAO2ysqzpnj8cbdknF+ZVQohpGV1d2ECyYLcwQLWiJd+UR/rr0IJ8KvJI0dMxZxul055J"
            "F4UqU0O98BsRABi5GiIg6zgnPZm2Tr6Um90rPjKcVgJ3DgxeGkeYjvfxEj4pX4muZkouJdi4BGnvUB/pkKFa"
            "f9plyx/hioMMF4tywify74+avPseZDaXRJSxqz+uXEy8VApN263oIiJAWiXWwPunTaWPnMBoAZcJm+2im7Nw"
            "B8x3jxUfK9M8GcsOOUT+grpe0OguLwH1vhYSaLg9rlpjMBdb3xF6X7N6/h8PaHGUatHrvht+0V6NchmtdTVn"
            "JzOXOsI6rBBFc6ON2Yz7RQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="86C8D74642E67846F8E120284DAA80D1E737BC9F",
        primary="8FCCA13FEF1D0C2E91008E09770F7A9A5AE15600",
        holder="Michaël Zasso",
        status="active",
        expires=1796821732,  # 2026-12-09
        material="BGkgKAkWCSsGAQQB2kcPAQEHQKv2OtLkACV7Pizt8oWSbSkW6MNtjR2zijrGPwTBRZzr",
    ),
    PinnedKey(
        fingerprint="1C050899334244A8AF75E53792EF661D867B9DFA",
        primary="1C050899334244A8AF75E53792EF661D867B9DFA",
        holder="Danielle Adams",
        status="retired",
        window=(date(2020, 11, 10), date(2020, 12, 9)),
        material=(
            "BFtYnJsBCACdDOWJYl/Zd38Mt6kg3j+ooN7sl1bR+SBPEv4yS+lK0cLenv3FM+cYZEy152H8542OpJpASvQQ"
            "+N4TSHcoqDauSR1oQYKkHOj3k+U7wgODlkh5LioO9Z+WyMuawMcaK6daN323OdiEt5uALLP2/60BC6As9Sl6"
            "KO7BSz2nWjEqtb4daGpsxzyjuBgzl4A3Ct9PpBEuft4L6TVhLv8bQOTJIkjM3q4iDX312elbtZxs+4wCsVpa"
            "sY0OaA6UVLSxQChpaXdpQiHEn0Obv+C213nm+BLpwNUjnzkxzEvsM35Bb/fY5JyvNfNyKfXp+795b3z+cTok"
            "JUhb4M+rtG1vw7gBABEBAAE="
        ),
    ),
    PinnedKey(
        fingerprint="74F12602B6F1C4E913FAA37AD3A89613643B6201",
        primary="74F12602B6F1C4E913FAA37AD3A89613643B6201",
        holder="Danielle Adams",
        status="retired",
        window=(date(2021, 1, 15), date(2023, 7, 18)),
        material=(
            "BF/qTWsBEADlnzvN5W//gwj5oOpnyPQLjjguiXi0NPe9o0LcQgOmccD8a76Rr4VQDDM9iFieOcmdcJzTeEcT"
            "li165+pBTilqR/RBjq63N4jFzzsiCDJaf8utUhlWV7ISG3tpzEJWcgdqK+YlNgVv5C0K1BwvXfh5H5P8pRzv"
            "LTpmnhvBIoV4srnVP158PifAkbeEBIZU5xyjmFSgevX1QSvjpIdAGvo7RKNzNbbG8SK5KNOkrPzGq3lOtpwA"
            "duj21q55MZrDEIxYxBwCtcx24qkEyBe01ox/K61yqs8HVFn0vJZ44ghLwUzR+dPffQD8VKrNrmIu8Bh+NZeL"
            "UiRSb7eZAwNjeDA4+AgSF1ntp89iKPSmeycslwjSXj2M1GzXjOCucEn+kYC5FBIEmfLn9vAiLL98V8IlV0Ok"
            "ljIN0VF8eCaGmiFcX0+4mdaKl7XS5v8dGVHZ9ons4i5aP1oyWtMhW4rqe59kHzzrHIXJEmu8wOCCq0CtirSh"
            "6r4VTBsIxWJwkVLFY94LLuC0XF57HPVg1smU/sXDhXUWNUhiPKtsYXfc/jwZvXwJjmXYHO+6/jXWDsdDlMne"
            "G9ip+bFCfYA8Zi1GvVUtfJ1rU3GGIIowicbYT9y1pURFC7HivAPPpNJN+ZKuOlfe3Rhjwr7uVjjNWjMzdzxh"
            "essE2BjMgBMsCzVOv2nPvwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="61FC681DFB92A079F1685E77973F295594EC4689",
        primary="61FC681DFB92A079F1685E77973F295594EC4689",
        holder="Juan José Arboleda",
        status="retired",
        window=(date(2022, 10, 12), date(2022, 11, 4)),
        material=(
            "BF5MceABEADFVslAVcrIyj7pcWEPeYgnr+psd6CNKlqOslf0+WUFSf0RVl45uTckfS/D46llZRGbnOOixtM0"
            "v0fK60iSjLfWOTQJWAF8BIHaCEb3nAafZcFGnRb/LYwBYHakhtlvQFprEp7R+ja3e5+m4N3x7Rr/WEG57g+P"
            "XigsH2oGOZxgjRbaoAw8QovG3ngU1/4Zo6p+7spTtPQ2eyhuE3qd039zJ4mKysJWqdZUsByNPfFITKVtbj5m"
            "htZPTKwYw4+gAV1aWy8AaEVpRJxGciZFQxp3ZqNgNBLFcgs3IWN9MPXapqS4A1U8qLZ9VeWhgFtNvf5Sxb5l"
            "/cGoH99u3nJCrn8EHiMsDU4qnrEzszxcOdLiERwtgzhH4wvddZdAz0dqonD/PMhOvhbrANx2Z58pq+mgw9BA"
            "QuwpsFsgiJj40NSdr3Uy7HfmvDA3WmOPu9eRE6zt6RXcP70Hh4/VFr97T+v6oNVERy8KtGQaMTGtc2tFnqV4"
            "sdOXXsgZvmdghvQjkVUwwCEBZjNyrb0v1iEHvLjLi3Nli70Ue/HMQQGU4ICznC3rgZ4oPNW4fPD4QFtDMz+x"
            "h5mIrKNA4TiOGwhtZxrEvpZmU3EmzB+fYuKvfCkOlemV0/WGCvH2Va6ejJk/y0tn19eBR3G5O+9r+172MPaK"
            "OxlgmSHWi4o45JUrV4VAZwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="0EFFE1BCEFD9C84E3D098152933B01F40B5CA946",
        primary="C4F0DFFF4E8C1A8236409D08E73BC641CC11F4C8",
        holder="Myles Borins",
        status="retired",
        window=(date(2016, 1, 20), date(2023, 2, 21)),
        material=(
            "BFaVjpQBCAC95gv1WH4byN01w/Gvuid661hyVPFssMBdwXVw/KCfiHvV0asTe02luwvEbwrcLyfFB1wvQ3AG"
            "dGnksAX9A0uHFYtsVGfFeVQtT0xxZz2hQLpUUpIEY6a11u7LMqd4EiuLQFNequOZziUjd3C8fFFFfUF/iStu"
            "TxRN4zY/m23o1yInXJCWJe8+TqIdV4/4ta/6ToCQboouflNXBmMdsR+UZw+vBf/W9ZA/JKn/fqTH3W337FvD"
            "8tb5JrxvHI2+i8fyhdBoQWYeWTQGGA3WfJ+260WlPsVwl+CV/qWNc/HlYnKeJvVtoCe7vRWw+wvpJWVfFCeZ"
            "83J5L62zbLuGol1DABEBAAE="
        ),
    ),
    PinnedKey(
        fingerprint="A48C2BEE680E841632CD4E44F07496B3EB3C1762",
        primary="A48C2BEE680E841632CD4E44F07496B3EB3C1762",
        holder="Ruben Bridgewater",
        status="retired",
        window=(date(2018, 12, 7), date(2020, 4, 29)),
        material=(
            "BFhJehkBEADNX8qrO9msK8u1znGaBG+Fr0FS5qzMxpC9oStGZV8abX/rrLkNNiImTUMQG6Ooz7luOBSSF7Vb"
            "YT2xSrgzuYV8WrSJE4Oo0AjVNn2YnbwgyzcQ5FhYoDcfthDk1HALwXPxjyxvWA2RYf9NZj5OsT2j7nzVoRrQ"
            "ZRtDDB4l2dyEObZ4Am5RMRdmAApgHYB1vdTqseHIQjB14V5RcuEzZaE6qez/vJuCHWQby5y2c7JhbY4Hj7gw"
            "MCkB4I7ToHX0PSIpDOAqBXb1OZiI834Y+Q9pP/HF5ormpcK1hccoARQWXano7AQbfiQnSYh6kr6HJbzNR/YV"
            "xIHdW+yuxrZheX39EerKejndgUx7RrHmRm9K+7ostMEMKq++K3HYLdMag6loazn6qdX6DWgNhSJdsblJUOoq"
            "CnPQBmZMGtxpZqh3Oet3tlWmxF/ksmc5NmvcdZUtSndqSYa4xsegHl34mkefw4s8GmkIP6d3eqNpunC7Kh0F"
            "zkgPkWLENpusSYpF0qVtJ40uAgW7U42d5AIf9kc3zFn/yF3c/RHy5NjE4x/fAq6iB0s0EFnLXW8397YJY1Pv"
            "HnvQzTQOWSkzwwyym85kjU22UWn7vKl/NlYmol6RydlCZvW0K0C7qg5AgWp/TkJGiX+6Wj0jVvswn0LelEIg"
            "b+yBiBjb4mEYLwgA5zadkwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="56730D5401028683275BD23C23EFEFE93C4CFFFE",
        primary="56730D5401028683275BD23C23EFEFE93C4CFFFE",
        holder="Italo A. Casas",
        status="retired",
        window=(date(2017, 2, 22), date(2017, 4, 11)),
        material=(
            "BFiGktYBEADoBPdUkwVA9dNViz2wxb+e3XiaQaesSHvRReDpOpWQ7yuw2yLdxeUer6Iexcoje/i18x+eD7FF"
            "1gi+Lo2J1LVIRchTCx2vGs9P2iYW1iypCRl89C72sq0aHz6SiW0OActk5FOJtlOycuYpGra8bKqyTk8en17s"
            "6EyjEcvQ54FWacriLz6fk1ZnV3mBIiy03IWEOaVUxIvmuBM8MQRUXYn/BxUX1Vpo0qpqf9qtXR7QbiUyjTN/"
            "dHUz3vxYT266afEsOmFOgdU2LwsZsNKASUnHsRzNMeMqTIopED3MLVH1IvxsAEyllA0fEHV1pCEI8ue6Gbvf"
            "n2o0r+GyXAZFB7pJweSJKnF4kmvLfj6a5o/UBG1JWQBBZFlnjpCZF5hL8W6ldcMj0eCED2PEbFGiEirkNzjy"
            "U1sUesSluLsvOc4fzr0PYFBNGAn9SNTlEq5FpCubwpsmKsZDq/UWaY9fSguC/UhRe6oknty5swKtkp4hKrrT"
            "PjwUVTN/fwdgiHKF/NIovdP+vhItkv34pBcqF89udPXtsDHtyo1Bm17ezFXVGXWSnwfwp9KdLVnIXGbKe2z1"
            "cpmvM3AI1QaWpl2nA+bXfYFVarHhTp+nWs5PzSUXEItD9K1rSUa9Vz6oQx1WpsM9ZZi3rF4sKhSRc2r1VBUo"
            "eETQjPzjK0zsSqdA4VwGBQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="9554F04D7259F04124DE6B476D5A82AC7E37093B",
        primary="9554F04D7259F04124DE6B476D5A82AC7E37093B",
        holder="Chris Dickinson",
        status="retired",
        material=(
            "BFTROWUBCACslqx8p2znj3CwEqWK+bEgyfxykVC1iFEABB6UCQ5UrlAiYTjI0vwFaTlbWkD3dWBxiFN2+n24"
            "Lro549ATmXGO+i0Sacr7DTgawZdkJuM17nNmlAW1c1lo6D/KfQ1K7QrakloQw10LzLLW3uxi3OXVoefY1JKT"
            "eQn43jolrCHho9iNvZ0NxyihQYzSiRzqMQGltKw5UDdbhwuzr9jROgHuUH+msOzax9IkLb8mm2VqJ3HaDJWk"
            "oAaU92leGoicEBhR8qC3zGzua7pRFK8qhjaSSL/N/NpCu4ud6axHaBomfn5HJQNTdTHB6R6wsVgMED9vfZHq"
            "JeyltDvA8FDw4uQnABEBAAE="
        ),
    ),
    PinnedKey(
        fingerprint="C0D6248439F1D5604AAFFB4021D900FFDB233756",
        primary="C0D6248439F1D5604AAFFB4021D900FFDB233756",
        holder="Antoine du Hamel",
        status="retired",
        window=(date(2024, 10, 16), date(2025, 6, 25)),
        material=(
            "BGHwIyoBEADN55NGkn1hvOjFotJVr8aeU6/xGZF3gPLi7q2qaX5CXtVMGS2B5h9kiBKrNo1+xeC1+jRu9r51"
            "79lTiYV808qNFBQdr+5ZBnOoszadlMPMtU89qsR9jxr8wJT563nIPoCeRl+0oFeam9ktAZnnpLz0dmPxyHHV"
            "aFXsVauDpwjJxOPo5Vyo2MHTacVUBWZA6R92ZETWIOHSg3ZtLf+jq7IyzeYSnj31kbx5djGtawLKZZ9bbIdr"
            "ihRysKAaHabf+x7mHs9VYnioygC5z91vKJxJcPCNinjFM29gU7qoooYgjmoXFrmy3X+AdmtK6gNKgEzoFyHT"
            "hPp1ta8YoNKd9LrCW/eF3Mz/k0LnvJSTCEzY3ynwMjXmDP06ljDwMEll2pk4utFykYmczxdvc6XYRzCUDlpT"
            "NBbnUxo9wtWS5P972j/Rrila4NmvZbgSCf5nmJfouCRLqxiSAB+hkilikjCGx/zvd5gUYyvrB/scSn0WsIFO"
            "A626Y/JpBVtERKXcercRBZlRPYlKVoKXopT2p3WS2nRmj/HvOMTH9KdxF7jwEF5pguicWLKQtjFkHVWgZgCi"
            "6cSwohL0ANch9HcQjU/PB1zqyMYUxDuMxwA5nzeKLfOHY7cSXbvVmeLwA0ArEXWTIXH1chDcaGW2LKbqlHS8"
            "fRnogJ9ZZ8REWTbX4y7abQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="141F07595B7B3FFE74309A937405533BE57C7D57",
        primary="141F07595B7B3FFE74309A937405533BE57C7D57",
        holder="Bryan English",
        status="retired",
        window=(date(2022, 3, 22), date(2022, 9, 23)),
        material=(
            "BGHo9TgBEADbSK0AjEvbVkjrvHk3HG1InM3H0kqEjXxenzTukSHQOl8ytLUDgP1PPzuHmgTqgONkNa3JNHv7"
            "AMO7lUukIYTSvtzOI6fl2i13ZeASDGCBfFHYjxeAAcwVe0lTbQUrQA6sUTBJIxL/3JcP0h8mCc5usIiafScl"
            "gnTTMbjhbyN5/GJ4AYgvv85oyarvX5q2qQhtP6JcevhNwTAxU00XBnPyMr5bL9CSAImOpHDAk/8CLoC4UIW5"
            "ioBFINVzZ1DVq1e5O6JTx1XOshimCCom/VFs0LZg35kpKTRMG/kBkXx+8ZfqQPanjpQ7PWO+H6+AYQl2azWA"
            "nmQbyAFqXI03ipQzaGbAya7pPPI36+CK54GnlZIrUJIL5ho91tHzHVyEpOhuWRMhflqpya6y94u0WVAjgjCA"
            "LB5qdzUCku6hUJvJkxsU+ncp8JM/4N5uiQPw5kIgNGvMuWcOz4Gpk9zUuG4/b+3C8OpFIcyJqlDA6VCbDEdV"
            "VVK10IO9fm5rJn3n0qrwCRymeyzB2zO5ckW7LqhULd/ZcMi0JR4QyN/IpaE4EcSUW6w/Q0nu2i9mFZSyb2ZH"
            "mQNkcqDSJ7+ykLKXdGIeND1A5NCntg2fBbCTxtVbSLOCwnRyM1fRQzR7+6DSvuMIFvwaQdzwDvl/zoxsSt8Z"
            "goBWadzMuur/yVHBH+VjmQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="77984A986EBC2AA786BC0F66B01FBB92821C587A",
        primary="77984A986EBC2AA786BC0F66B01FBB92821C587A",
        holder="Gibson Fahnestock",
        status="retired",
        window=(date(2017, 11, 1), date(2018, 3, 7)),
        material=(
            "BFf3hmYBEAC6YQyQighf1meU1gG8OyjlfRp7KMJJHmxtBjtH5fWtM8IWCdmZnCoUgNbJHIYD2Fn3h/ijX4/S"
            "/492mbymadmW24D7mYde/OBuAQCmffjypBCUS5GhZmZF0tu9Dg4cn5Zx+mchnt330m7T6cUreWR1/CiBXINJ"
            "WQ6ISuwO8MDW/OSKJNyrRdrf4Hq73PDBkSkHK3awXVHyHfypeJP44fqBWbG+j437xWJFEqnVSIhMlk5y+qS7"
            "ToZTmjybq0A88tfMZztSuUv6CApGVbS/zxSpyYrFbSW1vZK9glrZ2qJsWZYCBlt617W1P5nWYIpP6T2NLOmx"
            "6Hk9okQL+TVrfOGsBkdMBI/KBlV9SlxQFlwIPSj24a7fUjpjP82Bx8sdErUM/DREnr7epLU88jdLxazWywI+"
            "yh+rEfE4A+9oxpcmxwJtpzP72sVloWhaVLjWDbaSJ+ALvkFr9PmOa27nxnRYt77D5AMWttnjyoWvS8fJ5Bcm"
            "+N7tbrVBORqk61WCJDmuK9ghCgQ/YnC1e7PGEhxUVYfJEU+m+NIAPcOE0lv3nHSTAunfpIzHwI9TTkd9Kj4r"
            "HzxtQW+tmToeGO0ghnBj6p741rzMYdVHER5isvD36Vij3bW0f+qJItIbcDpwiPMBUOIPB5saZzn7toXNMo+f"
            "mYAN44pXk38ImnZM5F0ljQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="7937DFD2AB06298B2293C3187D33FF9D0246406D",
        primary="7937DFD2AB06298B2293C3187D33FF9D0246406D",
        holder="Timothy J Fontaine",
        status="retired",
        window=(date(2014, 7, 31), date(2015, 1, 26)),
        material=(
            "BEPOjg4RBAC2iPU+EHukOrmApMnhYym03gV/VbdPDydVVj+fc7TyjULlKWP7iEMFZb58EBjjK4Db3O5JiC9y"
            "Z7NRgYvqCFGP7hTVBTykJucXIyT8wCmaAImrtAlghA7LKTKlMdkPMz+iTiaVivt5F2W24Lfy/f664J5POcUH"
            "3Y5e1dhImNY6fwCg9TN8T2QKrFuudsbvqdw+w9I9ZD8EALBfpb39xdZenQllhq6MnODIzeHf5+wQV0slAzaO"
            "RZCAVWodGtNx3NYomvmOuhY3iwFrTiGW7r+3CDqt/4us1vhn/y/A8JijReltOeF0nbTM9HzD+3MrlTZMSfR9"
            "lzpu941IDkvw67NeFdSHPxLEEcAxI+eoS5dYsdjM3isbOvv1A/9jJFYcPg+CRDPYVsY7ok+JW6olXfDzK0pg"
            "9zKS2gNbYq2AhyvKKjM/L1CaRkmpliBQZEq3QarXrirdwtR9283JKQ7K5UgigkCDqxE2C7jF4XZ6BA41Wh63"
            "GPFFhV1J7R+LI/FZiG0gE0y+bckeSB68+wdh8jnb2JCkNkegbBU70A=="
        ),
    ),
    PinnedKey(
        fingerprint="A6023530FC53461FEC91F99C04CD3F2FDE079578",
        primary="A363A499291CBBC940DD62E41F10027AF002F8B0",
        holder="Ulises Gascón",
        status="retired",
        window=(date(2023, 9, 18), date(2025, 4, 23)),
        material=(
            "BF0VqLoBEAC/lPmxQvfX2S520XOnOD0GnvqnKFUvICc+hfU9vW7o7Dy9ZdGFLRgmkrZbXCNowwPlGI66VSOU"
            "fwueEvmJh5BQRXIv7gkvLhC7yO7OpyqAiLVrux2K69b7Jw/y91FZZZyaOyH8kXdVNO7qAQ4aOTTln+DbIXa2"
            "WW1fljUktbFhSzjK3CRtVL7NUgHrFePGfETZimIIU4ZxjtX52NLQpyoh56WoGpW9+oXe2wEGYYYcHJszKD9i"
            "ZyNCpSULT7pRNFwZQ3yQXNptOotYCw0L8gAmSwJ6SUge+MdLk1BGpXEji7rEvUxj99ymh3sTWqczdKAgYWtw"
            "iis0KDpLrCtDohrc0JJxc2D2cI1FbcF+b4GA1+KGUAR9yd3+EC5yXLYPU0d3BN5aXjCaXCr/vWLS4/LcXBAI"
            "jzGF1Jdr1a5uQBD7JBv/4JxLCd9r9aqfU+pSUgM0+4oB1Pxqo+0fm7m42ALve9c+t5Yq7q9B/eHSx6sacfq7"
            "DD+Eo6NuxIZF9prl8b83uPE/Yr0INE+Jm/DPLO9FfQYuuLZsyb3RcQ8RaArVdWMteYBke2tbAxlaWK2X+qvD"
            "qjsbRNzjQKZEM+ib8uWcLxQQIF8g/6OAY6JXPNJrYTMyAkRsy8regIyZcCs9KVw6+jAnHOXAyFURqpyDallS"
            "Gd2sUFURidTqgrZIVBJ6yQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="114F43EE0176B71C7BC219DD50A3051F888C628D",
        primary="114F43EE0176B71C7BC219DD50A3051F888C628D",
        holder="Julien Gilli",
        status="retired",
        window=(date(2015, 1, 20), date(2015, 7, 9)),
        material=(
            "BFSvCTEBEADIa8J6pku+vT9RZ/cU4wKmC441OVghEZ8Cuct4AynkZQZ8Hpra4mq9SEjB9t2KSM7kvN/yBrrJ"
            "BJwAnR7Q+e3+gfthL8Hmgr7K2J+qJdSm7Va/LcSKzZjN8UX0EFC+gh+gda9qm0nwRTgxR9k9nWu3l6zcvEsL"
            "E79m9Uir3W8BtGak9HCU69aSaaWupoqTXgPvYuh0LaF5C+qEccUls/Bmuw8FPP+T8OmOc5SU8pD9uz2r2S+p"
            "rBqh6rutBBqzPRl19nR9MCv/2jYmPqyCtvBbalxy8fvxC4wuBSarkgUD2dj/aIqajUMMBDFELXxFwTKd73RQ"
            "txnHha9VsbIFpy5wpt0NBq9/Yi2ZI44Q4PqccOs+ByKJ8iZsvg46WDwmZ58pU8Bxkl/Qaz9numDfGYYV1Vhk"
            "45ACob67zYGDgVE1X2BBe5iYJIA8hergbPZf3j5DA/5cCEONqTCLc70XYWE31x2+6DcywZ2xxJfMw8eEOihC"
            "BMwerNiMYH0uENEo/b6q71g23rNC/mNhZCYF8k8crbCmbuKDNjaQA6zxQW9E4hzqkkteTfNRi06il3fAKbkf"
            "DjIX0kH+/XGaCd0rYK3mvx32tVzuZmk86EEFot/+OOAh4zkqQ/DirFRXnGCbJVPtyGWO65CutAlFSoOaVN7G"
            "3tJhQCQGg5jb41l27d904QARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="4ED778F539E3634C779C87C6D7062848A1AB005C",
        primary="4ED778F539E3634C779C87C6D7062848A1AB005C",
        holder="Beth Griggs",
        status="retired",
        window=(date(2018, 12, 18), date(2023, 3, 29)),
        material=(
            "BFq44CwBCADNRnp3EGOqifmbqOgRb64hkObYdNAClPy/aQfxyWvrZBuVw8OFDhtziM8M8g986wALaE/nCMuf"
            "VLrWLVFr4hDHrKr9weaX8vdrPVgvbk/wLfokumnTied2EXUYv4i1+PFPLnBEfb/FhG/x11mSStIra74JIw7C"
            "3uLbBdZfU5SBI9SRjFEgIMHnnTVrXsoZCf+MBUU5nN+tEuOk5s2bnb8rZOsDfdkMLblLbk7j9OvU4OfJ9cLa"
            "tNk0wsvrXmOkxAkr0NNwaotb6xqQwXML1obiBkLl3cZ8c9PnvxWnEau8jItvO/+nVOgSIvCQd/obAZzAYWPK"
            "rYwLp5iEwejB66XLABEBAAE="
        ),
    ),
    PinnedKey(
        fingerprint="94AE36675C464D64BAFA68DD7434390BDBE9B9C5",
        primary="94AE36675C464D64BAFA68DD7434390BDBE9B9C5",
        holder="Colin Ihrig",
        status="retired",
        window=(date(2015, 12, 16), date(2017, 11, 7)),
        material=(
            "BFWujE4BEAC8YwRvCMbhE0CV0F7U3Swr96hLPerVWEVmFoVshq9acXc8x+NLa4BjGBt+GBZR2E6cRw4kEbIH"
            "mNj/XEE2fF4MG/L149feRxMwk8SuakQbcbvopSmZcVc+IqLTYcZ36nJH1Vvij4gREL2BnPGHZKSJ2RxMtoc7"
            "5t1Mgdx3D1MmOPHrBmCBjN9xCvMBx24Fv5QHCXoL5ObOyZbJ+J4Et+nR2e5tL5ixWXA99Vomy6mAkYIinlNc"
            "/BqvV7E5eWh21a2aHCD0j0msmVkQ9dZA+wmsh226P7YwOkjSOCU5einfd4t2AoJtlg2YBSmDd99UYx852Y2B"
            "ibRBgh8FoTmx9vjDdw8t1CGv//9ApFTUeVYe6Nzw2dZBVuVXvWkAOAiunrizk8ZGA0kHJwJ3ls+LBiYxRd24"
            "JidDyHs2UfLYvp8tolQFby/fNdlHuWVzd/rsEJBlpU64VDvibWpXIQL5qhnqitdpRmHMQToxrMy9oFW/a+bd"
            "c7XncZalUDG+chsjYM0LLRNZdsZ6mvYA+MQWJ5r69oKFPIkKzmkhUrf+AAoSPWIL/Q+jnPJDIClMtybBaWLg"
            "Ke08f6xgqIMTGCxMulTiqNaTHXY7NMEhhkRQ368/WLV1LT6/PyPVfuISiYuCuwAjldotc1ijyg/PJuPKSzH7"
            "Wbf2nNaHHYRSYAPD3adekwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="B9AE9905FFD7803F25714661B63B535A4C206CA9",
        primary="B9AE9905FFD7803F25714661B63B535A4C206CA9",
        holder="Evan Lucas",
        status="retired",
        window=(date(2016, 1, 21), date(2018, 6, 12)),
        material=(
            "BFZypZgBEADeIdm42LaylSWw5CosOAte2m6S9DgAGEBrg/yHSFTZWz341EZrlq1fghIC9nHh09wVlJNOOo3o"
            "rB9tYoJ3LArB0MQb7Ha7dcnfn98O1od0T4QTlEroEeJaOfuElLD+5b9HVYqhdRtMIFiUTfSTbEXbQcvZhaLf"
            "3M8aI1G+poPRYNVRx30pX9PM5N8DDmW8Q/xYg3T1uHuYUmd6HlzBiESNE2WWcJoxoKuQR2Lk4Wkt+qYnxdHH"
            "0vYIsk9mN0yDySpPEv+kzrAU/UuZ9Ve0GhlLsVLL3yHFUjLQOx1gV/ofrV/v0vcWM3+rRovU1cFPUUv75mzA"
            "/TJ8aseAbboAY84RyF0b4jQLOmiTHWdDMSZwDVR05r82JqynI0GGfXRgztNpnnebiYk5QLAqvUzzdfRMyrU0"
            "SSl6VDCXUQAEz3CyODwJ8GGk6PaTQ9/9vmt3OY4leEEf3SrSwH+l4E8Z59gCvAUx/ao1pIacPdCd/kdx1mPV"
            "cwxTjiPDMp8sIeBSdLt9Lo8jt5m/92nKoH9SnE6L4snJVvB21mfwRxRj1cWmeZ1+BAC7+5WfcJRM6xhr7XXe"
            "EmZO+QQYjLzKS1t+zIsv1modQMl/f2ciSi1RTO82mIEaCfRBXVEpewsRV+nikjsAJ9FOV+kr4NAUIg6zg9QR"
            "iHtTulm3P/c7iRKFnbdehQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="93C7E9E91B49E432C2F75674B0A78B0A6C481CF6",
        primary="93C7E9E91B49E432C2F75674B0A78B0A6C481CF6",
        holder="Isaac Z. Schlueter",
        status="retired",
        window=(date(2013, 3, 11), date(2013, 3, 11)),
        material=(
            "BEx8nbMBCACjmblSAGggunFHAWRGZLWLKltA2PG6rIM0bOokJFWtGwRqBCAadKuNwBGy7eBwFQAxuHnNwDKq"
            "yGgCKUBe4RUuz0gKr1WgkPAzHZppo/n5BhE4iIxrlWJBKVKk/gjXVUBPhRPWNTa23JbzJHntxzHqeMQWIwId"
            "BXoyOf0tOuXcfH2oVBdqp8nFaeJQ906F6olUD8U12LgIhkg6/NTDLymwkau4YcOe8c2repNITVFaP6w5FmSj"
            "aWTnyFXpdnVF4fWpbrLXsPBG72UMsAyWW4XuMtO07t4MvzgKBQALmGqlGMVtVkCIjBgYD250NqBGKPmBrfJQ"
            "VYbEesOZqNAF7bdNABEBAAE="
        ),
    ),
    PinnedKey(
        fingerprint="FD3A5288F042B6850C66B31F09FE44734EB7990E",
        primary="FD3A5288F042B6850C66B31F09FE44734EB7990E",
        holder="Jeremiah Senkpiel",
        status="retired",
        material=(
            "BFM7JpoBEACmf7uB5P5QJ8X38ARQn+dr+/O+6/wzkKzUcoFvRArwZTcpdEO/0C12kNSpK2UkVMh4sorYwA8W"
            "0yv3spZJWU3TiIfCVryxqZaAWEIU+dwsQ0P6EAUythjdQEs81bG6aN0dUqE26fWjGL/mU7BPtAwfzg6lty2c"
            "wZJP5zaNCl/PjRUeTKC2oNas3M5dWoOqWq6HLPqnTEPHPlZ/mhkOfLOnJA6r669sQcml5R+Lhwd8wdJp+ANi"
            "DLW661MmaiA4VqjEXwsXKK0KISWftEgd9WGBsHH8rn4KdKj9u6EtnDlA3vaPmADZmf7RVSMRoMkdiswFqEIM"
            "QuhTVbqS69vyhtByQs1fhriYrPy3OMeSMjJ/zNDCnHTBuKxoNHgMcznVu1tjz+ggso7Whd0IiXEaHXhF5ASW"
            "nJJa+xLxXQRQV2X1RXEK0bAySX5B+NmxJRVY+ixpO5TVhQhzzzL9Ivz4z0odlvt5VJJIHHFIAWkgXRNAo0wg"
            "Dzfe+jHOE7nz9uzYsqDBV25Zo22oMZURTBN87WZ1TFpDiORvvjR8QXJIBIUvMHAhG/ZlEkVopoNaznUOplnr"
            "/ToDpA1RDrdxeUAQ1i99EeBtXRREFgByFvETnVCkX/pvQA1yFrhGFgqCYBpN4IK0UcUx1MuwPBrfZxbL/cy+"
            "FhmJqutB6ufaJzatMQHu5QARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="50CBD045680704B1B723693545F5EEBD813DAE8E",
        primary="FD3A5288F042B6850C66B31F09FE44734EB7990E",
        holder="Jeremiah Senkpiel",
        status="retired",
        window=(date(2015, 9, 17), date(2017, 7, 28)),
        material=(
            "BFM7JpoBEAC8b4+YhGkK7yqWzWXMk3oJHWN8wYU8GkbURn52jg1yuYS4cJOH9C3T/iKAMsUYGIjIJD384FQX"
            "+V/vOJEWo32bO0L44LHhQtZSxO27Zpm4dp4jGVK0vQTN7w0ov8Eve708nRK+9uHO0S8Y6/6Ex1iBEfU+4s8v"
            "OLMg6jW+D5rfU/y/O6iFbZDJWXDrVLmEM5yViQNR8/EpD67T9+8wBRcEBxwa6zeezh3Y9p4GOqK5JLwx8LDr"
            "r/mPfgOpLlq8l+yJHSHVz5ZoJLwY8TE4+K+I7WqtNcuEnDqSHrOocihIwFycY5Rp9Ta+PkjQPssymMfAIQha"
            "Bx45SZGwTybp4GB7j2oQ11dUYQtCBV+8eB8UQQoo5EocZfuSEvFU9kvdmFCt4Q8tebveGm+MHu4FQEoxpplg"
            "4ei2F891R38ldG3VlDbjMJJ2oaknvHWsglZZWj0QztCrTC2+7eDq28s9/zKg4FxDsG+LcFhg4qkABkQZp3s3"
            "3vWkxWN5Vgm8tvXn3mcibBt07jZhRPjBXSjHJRO3HYxJGvWm2++Jc1CuQKjvhDR0IzTD+XBHYg4ajmYcpIsG"
            "XGQGNOHTWfoi/0AJYYCqnAm+1kqUHsub2DNccUzZY88n3LSelEMZLYiO1S+yGtbte2LCO0zmIQF4JOyWFkfO"
            "mAEO/Q9QYdTL344e3H0uVQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="71DCFD284A79C3B38668286BC97EC7A07EDE3FC1",
        primary="71DCFD284A79C3B38668286BC97EC7A07EDE3FC1",
        holder="James M Snell",
        status="retired",
        material=(
            "BFRgAMsBEAC1SlN8Db9p/+pQcrlXM0xtbVDOZksBQynOzUV+Y/NBTmeBnYMogh+gTau0Iv7UlDanKlB8pQub"
            "o1Gwp6ToLB6pcoh+Zuy6BRB1yHYtNFhrb33QZ5QuQjtnM1qRhIuZI74StyJvfvfg5xG+Z15rvGalIhJ95s35"
            "74t6sFnnkdAx3FnHZS932Bv9Dg7FsgKB7BAANa0rTbe0PS2NdzMRtelvomUnT97Z7Ik7NLNYddu+9LRXUqQw"
            "sxt0bFL4nhGti/+XHGodtiYgtxiRg1qV2XbWdzVJB0KA1MMSlFj56xzvydLZbaAMggUm1WE9rUas8klqx+tf"
            "f8u0zJzoQjD3SZ1HWpmmtujYGiCQ8X9V4dZONBtu7xTAspoh9rm+re+paR0/W0GWBzQJMBQgmPrs6M5NN1eN"
            "ofNvbWkW5XhtMZ1ebBoqKm0PZ+xjVmvJIq53oy3GaakRdom2SMeHWaFoSz7hHYzoYy+ZwSD2nJbAlewWt8Fa"
            "+HGzDw0HS3MOnktYaU/vuLPfa1FQo8xdCLT1tidbgsQMmh3bx6p9y8e4xrKWEkSpenk71BDGP9B5FdDUOBhy"
            "J8xMKLQOigKzeU246P3Mv37allDn870yB340BU7yuGfUhBPat4mV4MFjFZQq2l+1sdI/AU7v+bC4IXjgy4Sr"
            "0wO+WU0o+mt0SBGxxhHQAwARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="26FFD37528D0DE0E6D4D1C1A7341B15C070877AC",
        primary="71DCFD284A79C3B38668286BC97EC7A07EDE3FC1",
        holder="James M Snell",
        status="retired",
        window=(date(2015, 10, 12), date(2018, 10, 23)),
        material=(
            "BFRgAMsBCAC43agotjWP18xhtfMOydJEMFsc5bZ1OzRMNAuAd/3FbLuz8HSNgB2ff/kRIBj5bjtFLwC348Q8"
            "lYIsbNtA8WblumYPuMTPqxpvglUUCnFSmum1ptCZE3L5aHWRzvDa0cC6tIP5xGJu2gn+mjwUbXhCNKJ/zdlo"
            "RyuOulLuYjsUjNvqY/2y0aKic9qpvUR3JQjdHqiCqs/e/pLfe/j07gKVb9SfN5t9PShmD8hw1yVR8CbgX2Z7"
            "xlh2g3f0Ue25QcFZ/5K/DN0Kfb7W0uB620tSupmoLk2kma6qF6fTIfI4CQ4Tnsd3v5CdM8+zGq0pI9CLSXsi"
            "QktIjFdEwltdCVk5ABEBAAE="
        ),
    ),
    PinnedKey(
        fingerprint="DD8F2338BAE7501E3DD5AC78C273792F7D83545D",
        primary="DD8F2338BAE7501E3DD5AC78C273792F7D83545D",
        holder="Rod Vagg",
        status="retired",
        window=(date(2015, 9, 8), date(2019, 3, 1)),
        material=(
            "BFKKodABCADiE7Ex8GXnQNgipqbTADO5+BfufYFeq9YLEKkuOUfnjAZ8Wzle4eLL4rdfFSuwuUO0rkSFOpNj"
            "kjKqxfRo0RkmlMxdHwT2auf/yrfX4EyhyKDn1Vh8MP2JecXQN3FVa1yR8AMGfT0zOP138MNp21tNp3Dy9r/d"
            "s6ZhttrnR+mrKnhKMmTj1J+MX/LKw3o9ERIz0O8dxw75pA27npX1EcSCM1Vcq1bam7xD6d3cfQtfQsidXkQ/"
            "nFpD7BQFU+nemYaa6Vkuy4VJ11AMLNvzoWc2iHofD0kO60am3z6x8t63m+BUSU5Ir7B5GNbatekJqu/Qn1qr"
            "CjyuXcExEsGnCJl/ABEBAAE="
        ),
    ),
    PinnedKey(
        fingerprint="B9E2F5981AA6E0CD28160D9FF13993A75599653C",
        primary="B9E2F5981AA6E0CD28160D9FF13993A75599653C",
        holder="Shelley Vohr",
        status="retired",
        window=(date(2019, 1, 29), date(2020, 11, 24)),
        material=(
            "BFl60g4BEAChHPOjxooUAUjigTKIERl8uYyOTA0JL9nICb7Azbl2J3ygmku6HdbaqgfaHRwap+hE0s8/oLkc"
            "cFJVnab6b0rexWQEvarOtzkARJ0wqbxQIQBJKhfSV9KCjeacnohnd7CZCW64PtNLC1M9J7rBR32/f5YjllVQ"
            "eZ/JesWW4HjxbxQLQZ5qccjuFw3ZG82zXZZ6gn5b1hNcrDuBLhmQ70UV25rNQopM916o62jXVIbCRNh/nflb"
            "hGaWrmnhw97HtrIgkrqH+AlzNJwF5YUhEe1SumjFo4YLDos7FtzZ+BO/KPJPqYFBkqNzpZHH2FGp+jtxca2z"
            "hPFJGxm8KmyoznmX4iYZeI/wtlsXzHs8nP/Pduuw8Q5aT9sIRBpw2M7/iElJED9YAr7xAv92xnha2cBAR1rg"
            "D/9u453+NvYSJRZiIkcCSx3eHT9VtAuEWozkM02isHB1s24+0UDvWN0zKbFLVPpLM/Ctlp8YgsPF4lLi3V2/"
            "YDbs2n1dr4moYrEGPF6oMCT6xlrpItkkGO3o2lSq0/2+AjL7uEOBI0e2s/2xLh0OXUCUVWj3oqJUvZYaNpjK"
            "sxLan9p+zWtzK4iBSVw5znfg5XBVYFJghmnlKN+BlCpaWEJVAKm2K5QKYOOrF0dHGYmXq7BmSitCDLfFc+7K"
            "/0tH7YfN/XYHSHYtT7OtBQARAQAB"
        ),
    ),
    PinnedKey(
        fingerprint="2B2B9F0D620463DB3DE74C50DEA16371974031A5",
        primary="C4F0DFFF4E8C1A8236409D08E73BC641CC11F4C8",
        holder="Myles Borins",
        status="revoked",
        material=(
            "BFaVjpQBCAC3wjTlC5/jdi2jnIophctvA8XaqmrQeD6GaLugfCfy1zzU/7LbzGbb0mzPdnF1OT8htQFu+CWN"
            "rInUDqM2sHE0tqx2EQ82KoK9uQduFjyX33GK0FFkQh+cDHkTDSIQkoqx67FHP+jgehv8rAzpwc/G4QgoWppj"
            "+q1GwcPe34WMCazsfUMYyr/+iyw6PY0WZyQNMUgOItwGlvq7QsYqW2rF8bl6qO8KPlXxXK7f7ERm1ScLvec6"
            "W7DbaQcO3KlK+tUgsFVAkHEYwz7MGy2ybNN/fHTjS0uB9ODkyRFFGsEXcg1BhJsgHNy+mWTs6dOmtKEZW41B"
            "eXL6pgpp+xQcCfCVABEBAAE="
        ),
    ),
)

RELEASE_KEYS = {key.fingerprint: key for key in _TABLE}
"""The release keys by fingerprint."""
