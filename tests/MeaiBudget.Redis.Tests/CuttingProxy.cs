using System.Net;
using System.Net.Sockets;

namespace MeaiBudget.Tests;

/// <summary>
/// A proxy between a client and its server. It cuts the connection after a request was forwarded and before its answer, so the
/// client cannot know whether the request was applied.
/// </summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _server;
    private readonly Task _accepting;
    private int _answersUntilCut = int.MaxValue;
    private int _cuts;

    public CuttingProxy(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Configuration => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port},connectRetry=10,abortConnect=false";

    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Lets a number of answers through, then cuts once.</summary>
    public void CutAfter(int answers) => Volatile.Write(ref _answersUntilCut, answers);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient _ = client;
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _server, _end.Token);
            await Task.WhenAny(
                PumpAsync(client.GetStream(), server.GetStream(), mayCut: false),
                PumpAsync(server.GetStream(), client.GetStream(), mayCut: true));
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, bool mayCut)
    {
        byte[] buffer = new byte[16_384];
        int count;
        while ((count = await from.ReadAsync(buffer, _end.Token)) > 0)
        {
            if (mayCut && Interlocked.Decrement(ref _answersUntilCut) == 0)
            {
                Interlocked.Increment(ref _cuts);
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }
}
