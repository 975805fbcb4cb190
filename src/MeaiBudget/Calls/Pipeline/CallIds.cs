using System.Buffers.Binary;

namespace MeaiBudget;

/// <summary>Makes ids of calls: unique among processes by a random half, within one by a count. Thread-safe, and cheaper than asking the system for randomness for each call.</summary>
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
