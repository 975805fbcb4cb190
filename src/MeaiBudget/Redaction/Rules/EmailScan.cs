using System.Buffers;
using System.Text;

namespace MeaiBudget;

/// <summary>Replaces e-mail addresses in linear time. The result is the same whether the text comes whole or in pieces.</summary>
internal sealed class EmailScan
{
    private const int LongestLocalPart = 64;
    private const int LongestDomain = 255;
    private static readonly SearchValues<char> LocalPart = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-'");
    private static readonly SearchValues<char> Domain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

    private int _position;
    private int _written;

    public void Advance(ReadOnlySpan<char> text, bool isFinal, StringBuilder output)
    {
        while (true)
        {
            int length = text[_position..].IndexOf('@');
            if (length < 0)
            {
                _position = text.Length;
                break;
            }

            int at = _position + length;
            ReadOnlySpan<char> domain = text.Slice(at + 1, Math.Min(LongestDomain, text.Length - at - 1));
            int end = domain.IndexOfAnyExcept(Domain);
            if (end < 0 && domain.Length < LongestDomain && !isFinal)
            {
                _position = at;
                break;
            }

            domain = (end < 0 ? domain : domain[..end]).TrimEnd(".-");
            int start = StartOfLocalPart(text, at);
            int dot = domain.LastIndexOf('.');
            if (start < at && dot > 0 && domain.Length - dot > 2)
            {
                output.Append(text[_written..start]).Append(SecretRedactor.Placeholder);
                _written = at + 1 + domain.Length;
            }

            _position = Math.Max(at + 1, _written);
        }

        int certain = isFinal ? text.Length : StartOfLocalPart(text, _position);
        if (certain > _written)
        {
            output.Append(text[_written..certain]);
            _written = certain;
        }
    }

    /// <summary>Returns how many characters at the beginning of the text are no longer needed; the caller removes them.</summary>
    public int Trim()
    {
        int count = Math.Min(_written, _position);
        _written -= count;
        _position -= count;
        return count;
    }

    private int StartOfLocalPart(ReadOnlySpan<char> text, int at)
    {
        int start = at;
        while (start > _written && at - start < LongestLocalPart && LocalPart.Contains(text[start - 1]))
        {
            start--;
        }

        return start;
    }
}
