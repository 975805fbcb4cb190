namespace MeaiBudget.Tests;

/// <summary>A handler of the application that sends more than once, as the ambient call says.</summary>
internal sealed class RepeatingHandler : DelegatingHandler
{
    private const int MostSends = 3;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SentAttempt.Current?.Call.Call.Repetition switch
    {
        Repetition.Handler => RepeatAsync(request, cancellationToken),
        Repetition.Hedge => HedgeAsync(request, cancellationToken),
        Repetition.LateHedge => HedgeLateAsync(request, cancellationToken),
        Repetition.Shadow => SendTwiceAsync(request, cancellationToken),
        _ => base.SendAsync(request, cancellationToken),
    };

    private async Task<HttpResponseMessage> RepeatAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (int i = 1; ; i++)
        {
            try
            {
                HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
                if (response.IsSuccessStatusCode || i == MostSends)
                {
                    return response;
                }

                response.Dispose();
            }
            catch (HttpRequestException) when (i < MostSends)
            {
                // Sends again.
            }
        }
    }

    private async Task<HttpResponseMessage> HedgeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        CancellationTokenSource[] cancellations = new[] { CancellationTokenSource.CreateLinkedTokenSource(cancellationToken), CancellationTokenSource.CreateLinkedTokenSource(cancellationToken) };
        List<Task<HttpResponseMessage>> sends = [.. cancellations.Select(cancellation => base.SendAsync(Copy(request, body), cancellation.Token))];
        Task<HttpResponseMessage> first = await Task.WhenAny(sends);
        Task<HttpResponseMessage> second = sends[first == sends[0] ? 1 : 0];
        bool isGood = first.IsCompletedSuccessfully && first.Result.IsSuccessStatusCode;
        (Task<HttpResponseMessage> taken, Task<HttpResponseMessage> dropped) = isGood ? (first, second) : (second, first);
        if (isGood)
        {
            await cancellations[second == sends[0] ? 0 : 1].CancelAsync();
        }

        SentAttempt.Current!.Call.Stragglers.Enqueue(DropAsync(dropped));
        return await taken;
    }

    /// <summary>The second send is made while the answer of the first is read, or even later.</summary>
    private async Task<HttpResponseMessage> HedgeLateAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        HttpRequestMessage copy = Copy(request, body);
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        SentAttempt.Current!.Call.Stragglers.Enqueue(DropAsync(SendLaterAsync()));
        return response;

        async Task<HttpResponseMessage> SendLaterAsync()
        {
            for (int i = 0; i < SentAttempt.Current!.Call.Call.Break % 8; i++)
            {
                await Task.Yield();
            }

            return await base.SendAsync(copy, CancellationToken.None);
        }
    }

    /// <summary>The second answer is dropped before the first one is passed on.</summary>
    private async Task<HttpResponseMessage> SendTwiceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        HttpRequestMessage copy = Copy(request, body);
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        await DropAsync(base.SendAsync(copy, cancellationToken));
        return response;
    }

    private static async Task DropAsync(Task<HttpResponseMessage> send)
    {
        try
        {
            (await send).Dispose();
        }
#pragma warning disable CA1031 // Nobody waits for it.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Cancelled, refused, lost.
        }
    }

    private static HttpRequestMessage Copy(HttpRequestMessage request, byte[] body)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = new ByteArrayContent(body) };
        copy.Content.Headers.ContentType = request.Content!.Headers.ContentType;
        return copy;
    }
}
