using System.IO.Compression;

namespace MeaiBudget;

/// <summary>
/// The lines of a compressed text. A second thread decompresses while the first one reads, so that both take hardly longer than one.
/// </summary>
/// <remarks>Lines are read by one thread. The second thread is used where there is a second processor.</remarks>
internal sealed class InflatedLines
{
    /// <summary>The number of bytes that can be read behind the end of lines.</summary>
    internal const int Padding = 64;

    /// <summary>The number of bytes that are returned together, unless one line is longer.</summary>
    internal const int LongestBlock = 32 * 1024;

    private const int Step = 64 * 1024;

    private readonly Stream _compressed;
    private readonly DeflateStream _stream;
    private readonly bool _hasThread;

    // What follows is changed by the thread that decompresses, under the lock.
    private readonly object _lock = new();
    private byte[] _text;
    private int _length;
    private bool _isEnd;
    private Exception? _failure;

    private int _taken;

    /// <summary>Begins to decompress.</summary>
    /// <param name="compressed">The compressed text, which is disposed at its end.</param>
    /// <param name="inParallel">False to decompress in the thread that reads.</param>
    internal InflatedLines(Stream compressed, bool inParallel)
    {
        _compressed = compressed;
        _stream = new DeflateStream(compressed, CompressionMode.Decompress);

        // The vocabularies are 2.1 times as long as their compressed form.
        _text = new byte[(compressed.Length / 4 * 9) + Step + Padding];
        _hasThread = inParallel && Environment.ProcessorCount > 1 && !OperatingSystem.IsBrowser() && !OperatingSystem.IsWasi();
        if (_hasThread)
        {
            new Thread(InflateAll) { IsBackground = true, Name = "MeaiBudget vocabulary" }.UnsafeStart();
        }
    }

    /// <summary>Returns the next lines, each with its line end; empty behind the last one. The result is valid until the next call.</summary>
    /// <exception cref="InvalidDataException">The text is not compressed in the expected way.</exception>
    internal ReadOnlySpan<byte> Next()
    {
        lock (_lock)
        {
            while (true)
            {
                int length = _text.AsSpan(_taken, Math.Min(_length - _taken, LongestBlock)).LastIndexOf((byte)'\n') + 1;
                if (length > 0 || _isEnd)
                {
                    if (_failure is not null)
                    {
                        throw new InvalidDataException(_failure.Message, _failure);
                    }

                    // A line that is longer than a block comes with all that is left. No vocabulary has one.
                    length = length > 0 ? length : _length - _taken;
                    ReadOnlySpan<byte> lines = _text.AsSpan(_taken, length);
                    _taken += length;
                    return lines;
                }

                if (_hasThread)
                {
                    Monitor.Wait(_lock);
                }
                else
                {
                    Inflate();
                }
            }
        }
    }

    private void InflateAll()
    {
        while (Inflate())
        {
        }
    }

    /// <summary>Decompresses some bytes; returns false at the end.</summary>
    private bool Inflate()
    {
        try
        {
            // Only this thread changes the fields, so that it reads them without the lock.
            if (_text.Length - _length < Step + Padding)
            {
                byte[] longer = new byte[_text.Length * 2];
                _text.AsSpan(0, _length).CopyTo(longer);
                lock (_lock)
                {
                    _text = longer;
                }
            }

            int read = _stream.Read(_text, _length, Step);
            if (read == 0)
            {
                End(null);
                return false;
            }

            lock (_lock)
            {
                _length += read;
                Monitor.Pulse(_lock);
            }

            return true;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            End(exception);
            return false;
        }
    }

    private void End(Exception? failure)
    {
        _stream.Dispose();
        _compressed.Dispose();
        lock (_lock)
        {
            // The last line may have no line end.
            if (_length > 0 && _text[_length - 1] != (byte)'\n')
            {
                _text[_length++] = (byte)'\n';
            }

            _failure = failure;
            _isEnd = true;
            Monitor.Pulse(_lock);
        }
    }
}
