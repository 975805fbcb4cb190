using System.Net;
using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Finds bodies of short answers that are in memory as a whole, as caches, handlers that buffer and test servers make them.</summary>
/// <remarks>Such a body is read where it lies and given to the SDK as it is: without a copy, another content and another set of headers.</remarks>
internal static class BodyInMemory
{
    private const int LongestRead = 64 * 1024;

    private static bool s_cannotReopen;

    /// <summary>Opens the body of a short answer in JSON.</summary>
    /// <param name="response">The answer.</param>
    /// <returns>The body, for <see cref="Reopen"/>; null if it is of another kind, long, or not in memory.</returns>
    public static Stream? Of(HttpResponseMessage response)
    {
        HttpContent content = response.Content;

        // Of these types it is certain that opening the body reads nothing, and that it can be read twice.
        if (response.StatusCode != HttpStatusCode.OK
            || (content.GetType() != typeof(StreamContent) && content.GetType() != typeof(ByteArrayContent) && content.GetType() != typeof(StringContent))
            || WireHeaders.MediaTypeOf(content.Headers) != "application/json"
            || s_cannotReopen)
        {
            return null;
        }

        try
        {
            if (Opened(content) is not null)
            {
                return null;
            }
        }
        catch (MissingFieldException)
        {
            // Another version of .NET: the body is copied, as one from a network is.
            s_cannotReopen = true;
            return null;
        }

        Stream body = content.ReadAsStream();
        if (body.CanSeek && body.Length - body.Position <= LongestRead)
        {
            return body;
        }

        Opened(content) = null;
        return null;
    }

    /// <summary>Makes the content as if it had never been read.</summary>
    /// <param name="content">The content.</param>
    /// <param name="body">Its body.</param>
    /// <param name="start">Where the body began.</param>
    public static void Reopen(HttpContent content, Stream body, long start)
    {
        body.Position = start;

        // HttpClient may read the content into a buffer of its own, and the content would still give the stream that was opened first.
        Opened(content) = null;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_contentReadStream")]
    private static extern ref object? Opened(HttpContent content);
}
