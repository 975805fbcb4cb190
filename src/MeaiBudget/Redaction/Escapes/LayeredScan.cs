using System.Text;

namespace MeaiBudget;

/// <summary>
/// Scans one text as it is, and as what its escapes stand for, level by level: a secret in JSON that is a string of other JSON is found by
/// the rule that finds it in the JSON itself. The text may come in pieces, with the same result. Linear in its length.
/// </summary>
internal sealed class LayeredScan(SecretRuleSet rules)
{
    /// <summary>The longest escape of all levels together that is kept whole.</summary>
    public const int LongestEscape = 96;

    /// <summary>The number of levels of escapes that are replaced.</summary>
    private const int Deepest = 6;

    /// <summary>The number of characters after which a layer is given up if it is not needed. Counted from the beginning of the text, so that it does not depend on the pieces.</summary>
    private const int BlockLength = 1024;

    /// <summary>The number of blocks without an escape after which a layer is not needed.</summary>
    private const int QuietBlocks = 2;

    private const int PieceLength = 16 * 1024;

    private readonly List<EscapeLayer> _layers = [new EscapeLayer(new SecretScan(rules))];

    /// <summary>The secrets of layers that were given up.</summary>
    private readonly List<SecretRegion> _kept = [];
    private readonly List<SecretRegion> _regions = [];
    private int _inBlock;
    private int _written;
    private int _regionEnd = -1;
    private bool _hasFound;

    /// <summary>The number of characters that there is room for.</summary>
    public int Capacity => _layers.Sum(static layer => layer.Capacity);

    /// <summary>Redacts a whole text; returns null if it contains no secrets.</summary>
    public StringBuilder? RedactWhole(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny(EscapeReader.Beginnings) && !SecretScan.FindsAny(text, rules))
        {
            return null;
        }

        var output = new StringBuilder();
        int same = 0;
        int at = 0;
        do
        {
            int end = Math.Min(text.Length, at + PieceLength);
            Advance(text[at..end], end == text.Length, output);
            at = end;
            if (!_hasFound)
            {
                same += output.Length;
                output.Clear();
            }
        }
        while (at < text.Length);

        return _hasFound ? output.Insert(0, text[..same]) : null;
    }

    /// <summary>Adds the next piece and writes the text that is certain. If <paramref name="isFinal"/> is true, writes all of it.</summary>
    public void Advance(ReadOnlySpan<char> piece, bool isFinal, StringBuilder output)
    {
        while (true)
        {
            int length = Math.Min(piece.Length, BlockLength - _inBlock);
            if (_layers.Count == 1)
            {
                // Without escapes there is one layer, and blocks do not matter.
                int plain = piece.IndexOfAny(EscapeReader.Beginnings);
                plain = plain < 0 ? piece.Length : plain;
                length += plain < length ? 0 : Math.Min(piece.Length - length, (plain - length) / BlockLength * BlockLength);
                length = plain == piece.Length ? plain : length;
            }

            AdvanceBlock(piece[..length], isFinal && length == piece.Length, output);
            _inBlock = (_inBlock + length) % BlockLength;
            if (_inBlock == 0 && length > 0)
            {
                GiveUpLayers();
            }

            piece = piece[length..];
            if (piece.IsEmpty)
            {
                return;
            }
        }
    }

    private void AdvanceBlock(ReadOnlySpan<char> piece, bool isFinal, StringBuilder output)
    {
        _layers[0].Append(piece);
        for (int i = 0; i < _layers.Count; i++)
        {
            EscapeLayer? above = i + 1 < _layers.Count ? _layers[i + 1] : null;
            _layers[i].Advance(ref above, mayCreate: i < Deepest, isFinal);
            if (above is not null && i + 1 == _layers.Count)
            {
                _layers.Add(above);
            }
        }

        int certain = int.MaxValue;
        foreach (EscapeLayer layer in _layers)
        {
            ReadOnlySpan<char> text = layer.Text[..layer.Read];
            layer.Scan.Advance(text, isFinal);
            certain = Math.Min(certain, layer.OriginOf(layer.Scan.Certain(text)));
        }

        ReadOnlySpan<char> came = _layers[0].Text;
        Write(came, isFinal ? came.Length : Align(certain), output);
        Trim();
    }

    /// <summary>Gives up the layers that are equal to the ones below them since long ago, so that a single escape does not double the work on all text after it.</summary>
    private void GiveUpLayers()
    {
        bool isTop = true;
        for (int i = _layers.Count - 1; i > 0; i--)
        {
            EscapeLayer layer = _layers[i];
            layer.BlocksSinceEscape++;
            isTop &= layer.BlocksSinceEscape > QuietBlocks && layer.IsSettled;
            if (isTop)
            {
                foreach (SecretRegion region in layer.Scan.Regions)
                {
                    _kept.Add(new SecretRegion(layer.OriginOf(region.Start), layer.OriginOf(region.End)));
                }

                _layers.RemoveAt(i);
            }
        }
    }

    private void Write(ReadOnlySpan<char> text, int certain, StringBuilder output)
    {
        _regions.Clear();
        _regions.AddRange(_kept);
        foreach (EscapeLayer layer in _layers)
        {
            foreach (SecretRegion region in layer.Scan.Regions)
            {
                _regions.Add(new SecretRegion(Align(layer.OriginOf(region.Start)), layer.OriginOf(region.End)));
            }
        }

        _hasFound |= _regions.Count > 0;
        if (_layers.Count > 1 || _kept.Count > 0)
        {
            _regions.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        }

        foreach (SecretRegion region in _regions)
        {
            if (region.Start > certain)
            {
                break;
            }

            if (region.Start > _regionEnd && region.Start >= _written)
            {
                WriteText(text, region.Start, output);
                output.Append(SecretRedactor.Placeholder);
                _regionEnd = region.Start;
            }

            _regionEnd = Math.Max(_regionEnd, region.End);
        }

        WriteText(text, certain, output);
    }

    /// <summary>Writes what stands behind the last secret up to a position. A secret that ends inside of an escape ends before it.</summary>
    private void WriteText(ReadOnlySpan<char> text, int to, StringBuilder output)
    {
        int from = to > _regionEnd && _regionEnd > _written ? Math.Max(_written, Align(_regionEnd)) : Math.Max(_written, _regionEnd - LongestEscape);
        _written = Math.Max(from, _written);
        if (to > _written && to > _regionEnd)
        {
            output.Append(text[_written..to]);
            _written = to;
        }
    }

    private int Align(int position)
    {
        foreach (EscapeLayer layer in _layers)
        {
            position = layer.Align(position);
        }

        return position;
    }

    private void Trim()
    {
        int removed = 0;
        for (int i = 0; i < _layers.Count; i++)
        {
            int count = _layers[i].Trim(_written);
            removed = i == 0 ? count : removed;
        }

        foreach (EscapeLayer layer in _layers)
        {
            layer.Shift(removed);
        }

        _written -= removed;
        _regionEnd = Math.Max(-1, _regionEnd - removed);

        if (_kept.Count > 0 && removed > 0)
        {
            _kept.RemoveAll(region => region.End < removed);
            for (int i = 0; i < _kept.Count; i++)
            {
                _kept[i] = new SecretRegion(Math.Max(0, _kept[i].Start - removed), _kept[i].End - removed);
            }
        }
    }
}
