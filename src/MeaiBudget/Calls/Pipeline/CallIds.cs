using System.Buffers.Binary;

namespace MeaiBudget;

/// <summary>Creates call ids from a random part per process and a counter, which is faster than a random number per call. Thread-safe.</summary>
internal static class CallIds
{
    private static readonly byte[] Process = Guid.NewGuid().ToByteArray();
    private static long _last;

    public static Guid Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        Process.AsSpan().CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Interlocked.Increment(ref _last) ^ BinaryPrimitives.ReadInt64BigEndian(Process.AsSpan(8)));
        return new Guid(bytes);
    }
}
