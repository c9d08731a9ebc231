"""The page Candles: bars of any instrument, loaded as far as people look.

`instruments` says what can be drawn, `bars` reads it, `wire` brings it into the form in which
browsers get it, `page` puts it together; what happens in the browser is in `assets/candles.js`.
"""
