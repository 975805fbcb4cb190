using System.Buffers;

namespace MeaiBudget;

/// <summary>
/// The beginning of a short answer in JSON: as much as is there without waiting, which mostly is the whole. A whole answer is read in one piece,
/// without a stream that reads along.
/// </summary>
internal sealed class ShortAnswer
{
    /// <summary>The longest answer that is read in one piece, in bytes.</summary>
    public const int Longest = 64 * 1024;

    private const int FirstRead = 4096;

    private byte[] _buffer;
    private int _length;
    private Task<int>? _pending;

    private ShortAnswer(Stream body, WireSilence? silence, byte[] buffer) => (Body, Silence, _buffer) = (body, silence, buffer);

    /// <summary>Gets the provider's body.</summary>
    public Stream Body { get; }

    /// <summary>Gets what stops reads of the body; <see langword="null"/> for nothing.</summary>
    public WireSilence? Silence { get; }

    /// <summary>Gets a value indicating whether all of the answer was read.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Gets what was read.</summary>
    public Span<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>Returns whether an answer may be a short one.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="mediaType">Its media type; <see langword="null"/> if its status is no success.</param>
    public static bool MayBe(HttpResponseMessage response, string? mediaType) =>
        WireFramings.Of(mediaType) == WireFraming.Json && response.Content.Headers.ContentLength is null or <= Longest;

    /// <summary>Reads what is there.</summary>
    /// <param name="body">The provider's body.</param>
    /// <param name="expected">The length that the answer states, in bytes; <see langword="null"/> if it states none.</param>
    /// <param name="silence">Stops reads of the body; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Stops reads if nothing else does.</param>
    public static ShortAnswer Read(Stream body, long? expected, WireSilence? silence, CancellationToken cancellationToken)
    {
        // One byte more finds the end.
        var answer = new ShortAnswer(body, silence, ArrayPool<byte>.Shared.Rent(expected is { } length ? (int)length + 1 : FirstRead));
        answer.Read(silence?.Token ?? cancellationToken);
        return answer;
    }

    /// <summary>Gives the buffer and the read that waits to whoever goes on.</summary>
    /// <param name="length">The bytes in the buffer.</param>
    /// <param name="pending">The read that waits for more; <see langword="null"/> if the buffer is full.</param>
    /// <returns>The buffer, which belongs to the array pool.</returns>
    public byte[] Take(out int length, out Task<int>? pending)
    {
        byte[] buffer = _buffer;
        length = _length;
        pending = _pending;
        _buffer = [];
        _length = 0;
        return buffer;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Return()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private void Read(CancellationToken cancellationToken)
    {
        while (_length < _buffer.Length)
        {
            ValueTask<int> reading;
            try
            {
                reading = Body.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
            }
#pragma warning disable CA1031 // It is thrown by whoever goes on, as that of any other read.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                reading = new ValueTask<int>(Task.FromException<int>(failure));
            }

            if (!reading.IsCompletedSuccessfully)
            {
                _pending = reading.AsTask();
                return;
            }

            int read = reading.Result;
            if (read == 0)
            {
                IsWhole = true;
                return;
            }

            _length += read;
        }
    }
}
