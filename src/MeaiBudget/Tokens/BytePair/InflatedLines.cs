using System.IO.Compression;

namespace MeaiBudget;

/// <summary>
/// The lines of a compressed text. A second thread decompresses while the first one reads, so that both take hardly longer than one.
/// </summary>
/// <remarks>Lines are read by one thread. The second thread is used where there is a second processor.</remarks>
internal sealed class InflatedLines : IDisposable
{
    /// <summary>The number of bytes that can be read behind the end of lines.</summary>
    internal const int Padding = 64;

    /// <summary>The number of bytes that are returned together, unless one line is longer.</summary>
    internal const int LongestBlock = 32 * 1024;

    private const int Step = 32 * 1024;

    // Small, because the first use of each page of memory costs about as much as decompressing it.
    private const int BufferSize = 8 * Step;

    private readonly Stream _compressed;
    private readonly DeflateStream _stream;
    private readonly bool _hasThread;
    private readonly byte[] _text = new byte[BufferSize + Padding];
    private readonly object _lock = new();

    // The part of the buffer that is filled, the part of it that was returned, and whether the thread that reads waits for more lines, so that
    // nothing that was returned is in use. Both threads change them under the lock.
    private int _length;
    private int _taken;
    private bool _isWaiting;
    private bool _isEnd;
    private bool _isAbandoned;
    private Exception? _failure;

    /// <summary>Begins to decompress.</summary>
    /// <param name="compressed">The compressed text; disposed with this object or at its end.</param>
    /// <param name="inParallel">False to decompress in the thread that reads.</param>
    internal InflatedLines(Stream compressed, bool inParallel)
    {
        _compressed = compressed;
        _stream = new DeflateStream(compressed, CompressionMode.Decompress);
        _hasThread = inParallel && Environment.ProcessorCount > 1 && !OperatingSystem.IsBrowser() && !OperatingSystem.IsWasi() && TryStart();
    }

    /// <summary>Returns the next lines, each with its line end; empty behind the last one. The result is valid until the next call.</summary>
    /// <remarks>If a line is longer than <see cref="LongestBlock"/>, the result is longer, and no whole lines. No vocabulary has such a line.</remarks>
    /// <exception cref="InvalidDataException">The text is not compressed in the expected way.</exception>
    internal ReadOnlySpan<byte> Next()
    {
        lock (_lock)
        {
            while (true)
            {
                int left = _length - _taken;
                int length = _text.AsSpan(_taken, Math.Min(left, LongestBlock)).LastIndexOf((byte)'\n') + 1;
                length = length == 0 && left > LongestBlock ? left : length;
                if (length > 0 || _isEnd)
                {
                    if (_failure is not null)
                    {
                        throw new InvalidDataException(_failure.Message, _failure);
                    }

                    ReadOnlySpan<byte> lines = _text.AsSpan(_taken, length);
                    _taken += length;
                    return lines;
                }

                if (_hasThread)
                {
                    _isWaiting = true;
                    Monitor.Pulse(_lock);
                    Monitor.Wait(_lock);
                }
                else
                {
                    MakeRoom();
                    Inflate();
                }
            }
        }
    }

    /// <summary>Ends the second thread, also before the end of the text.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isAbandoned = true;
            Monitor.Pulse(_lock);
        }

        // The second thread uses the streams until it ends.
        if (!_hasThread)
        {
            Close();
        }
    }

    private bool TryStart()
    {
        try
        {
            new Thread(InflateAll) { IsBackground = true, Name = "MeaiBudget vocabulary" }.UnsafeStart();
            return true;
        }
        catch (OutOfMemoryException)
        {
            // The system allows the process no further thread.
            return false;
        }
    }

    private void InflateAll()
    {
        while (WaitForRoom() && Inflate())
        {
        }

        Close();
    }

    private void Close()
    {
        _stream.Dispose();
        _compressed.Dispose();
    }

    /// <summary>Waits until there is room in the buffer; returns false if the lines are no longer read.</summary>
    private bool WaitForRoom()
    {
        lock (_lock)
        {
            while (_length > BufferSize - Step && !_isWaiting && !_isAbandoned)
            {
                Monitor.Wait(_lock);
            }

            if (_length > BufferSize - Step && !_isAbandoned)
            {
                MakeRoom();
            }

            return !_isAbandoned;
        }
    }

    /// <summary>Moves the part of a line that is left to the beginning of the buffer. The thread that reads has no lines then.</summary>
    private void MakeRoom()
    {
        _text.AsSpan(_taken, _length - _taken).CopyTo(_text);
        _length -= _taken;
        _taken = 0;
    }

    /// <summary>Decompresses some bytes; returns false at the end.</summary>
    private bool Inflate()
    {
        try
        {
            // Nobody else changes the length or uses the part of the buffer behind it.
            int read = _stream.Read(_text, _length, Step);
            if (read == 0)
            {
                End(null);
                return false;
            }

            lock (_lock)
            {
                _length += read;
                _isWaiting = false;
                Monitor.Pulse(_lock);
            }

            return true;
        }
        catch (Exception exception)
        {
            // The thread that reads throws it: an exception in the other one would end the process.
            End(exception);
            return false;
        }
    }

    private void End(Exception? failure)
    {
        Close();
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
