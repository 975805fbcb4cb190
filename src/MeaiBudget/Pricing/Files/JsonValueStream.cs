using System.Text.Json;

namespace MeaiBudget;

/// <summary>Reads JSON from a stream, token by token or one complete value at a time. Memory is limited by the largest such value.</summary>
internal sealed class JsonValueStream(Stream stream, IProgress<long>? progress)
{
    // The largest value of a price file is one model or one provider. A larger value means that it is no price file.
    private const int LargestValue = 64 * 1024 * 1024;

    private static readonly JsonReaderOptions Options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _isEnded;
    private bool _isBegun;
    private bool _isAnythingRead;
    private long _bytesRead;
    private long _nextLine = 1;
    private JsonReaderState _state = new(Options);

    /// <summary>The line of the last token or value, starting from 1.</summary>
    internal long Line { get; private set; } = 1;

    /// <summary>The bytes of the last value.</summary>
    internal byte[] LastValue { get; private set; } = [];

    /// <summary>Reads the next token; returns <see cref="JsonTokenType.None"/> at the end.</summary>
    internal (JsonTokenType Type, string? Text) ReadToken()
    {
        while (true)
        {
            Utf8JsonReader reader = NewReader();
            if (_isEnded && _start == _end && !_isAnythingRead)
            {
                return (JsonTokenType.None, null);
            }

            if (reader.Read())
            {
                string? text = reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String ? reader.GetString() : null;
                Take(reader, (int)reader.TokenStartIndex);
                return (reader.TokenType, text);
            }

            if (_isEnded)
            {
                return (JsonTokenType.None, null);
            }

            Fill();
        }
    }

    /// <summary>Reads the next complete value; returns false if an object or array ends here.</summary>
    internal bool TryReadValue(bool allowDuplicates, out JsonCursor value)
    {
        while (true)
        {
            Utf8JsonReader reader = NewReader();
            bool isRead = reader.Read();
            if (isRead && reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
            {
                Take(reader, (int)reader.TokenStartIndex);
                value = default;
                return false;
            }

            int begin = isRead ? (int)reader.TokenStartIndex : 0;
            if (isRead && reader.TrySkip())
            {
                LastValue = _buffer.AsSpan(_start + begin, (int)reader.BytesConsumed - begin).ToArray();
                Take(reader, begin);
                var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = allowDuplicates };
                value = new JsonCursor(JsonDocument.Parse(LastValue, options).RootElement, null);
                return true;
            }

            if (_isEnded)
            {
                throw new PriceFileFault("The file ends before its JSON is complete.", null);
            }

            Fill();
        }
    }

    /// <summary>Enters an array if the next value is one, and returns whether it is.</summary>
    internal bool TryEnterArray()
    {
        while (true)
        {
            Utf8JsonReader reader = NewReader();
            if (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.StartArray)
                {
                    return false;
                }

                Take(reader, (int)reader.TokenStartIndex);
                return true;
            }

            if (_isEnded)
            {
                throw new PriceFileFault("The file ends before its JSON is complete.", null);
            }

            Fill();
        }
    }

    private Utf8JsonReader NewReader()
    {
        if (!_isBegun)
        {
            _isBegun = true;
            Fill();
            if (_buffer.AsSpan(0, _end).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            {
                _start = 3;
            }
        }

        return new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _isEnded, _state);
    }

    private void Take(in Utf8JsonReader reader, int tokenStart)
    {
        int consumed = (int)reader.BytesConsumed;
        Line = _nextLine + _buffer.AsSpan(_start, tokenStart).Count((byte)'\n');
        _nextLine += _buffer.AsSpan(_start, consumed).Count((byte)'\n');
        _start += consumed;
        _isAnythingRead = true;
        _state = reader.CurrentState;
    }

    private void Fill()
    {
        int rest = _end - _start;
        if (rest > LargestValue)
        {
            throw new PriceFileFault("The file contains a JSON value of more than 64 MB, so it is not a price file.", null);
        }

        byte[] target = rest > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        Buffer.BlockCopy(_buffer, _start, target, 0, rest);
        (_buffer, _start, _end) = (target, 0, rest);

        // Read at least four bytes, to see a complete byte order mark.
        while (!_isEnded && _end < Math.Max(rest + 1, 4))
        {
            int read = stream.Read(_buffer, _end, _buffer.Length - _end);
            _isEnded = read == 0;
            _end += read;
            _bytesRead += read;
        }

        progress?.Report(_bytesRead);
    }
}
