// SPDX-License-Identifier: BSD-2-Clause
// The world of bench/world.h in ns-3 (Debian: libns3-dev): `bench_ns3 BYTES` or `bench_ns3 idle
// CONNECTIONS` prints one line that build/bench_world reads.
// The same algorithms as Seven is set to: Reno as Linux counts it (TcpLinuxReno), SACK, proportional rate reduction,
// timestamps, an initial window of ten segments, every second segment acknowledged.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <ns3/applications-module.h>
#include <ns3/core-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/point-to-point-module.h>
#include <ns3/traffic-control-module.h>

#include "bench/world.h"

using namespace ns3;

namespace
{

uint64_t wanted, received, data_seen, retransmitted, segments;
uint32_t window;
SequenceNumber32 highest;
double ended_s;

class NumberedLoss : public ErrorModel
{
    bool DoCorrupt(Ptr<Packet> p) override
    {
        return p->GetSize() > 500 && world_loses(++data_seen);
    }
    void DoReset() override {}
};

void Window(uint32_t, uint32_t now)
{
    window = now;
}

void Sent(Ptr<const Packet> p, const TcpHeader &header, Ptr<const TcpSocketBase>)
{
    if (p->GetSize() == 0)
        return;
    segments++;
    if (header.GetSequenceNumber() < highest)
        retransmitted++;
    else
        highest = header.GetSequenceNumber() + p->GetSize();
}

void Watch(Ptr<BulkSendApplication> app)
{
    app->GetSocket()->TraceConnectWithoutContext("CongestionWindow", MakeCallback(&Window));
    app->GetSocket()->TraceConnectWithoutContext("Tx", MakeCallback(&Sent));
}

void Received(Ptr<const Packet> p, const Address &)
{
    received += p->GetSize();
    if (received < wanted)
        return;
    ended_s = Simulator::Now().GetSeconds();
    Simulator::Stop();
}

double CpuSeconds()
{
    return double(std::clock()) / CLOCKS_PER_SEC;
}

double ResidentBytes()
{
    long pages = 0;
    FILE *f = std::fopen("/proc/self/statm", "r");
    if (!f || std::fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    if (f)
        std::fclose(f);
    return double(pages) * 4096;
}

unsigned opened;

void Opened(Ptr<Socket>)
{
    opened++;
}

void Refused(Ptr<Socket>) {}

void Begin(Ptr<Socket> s, Ipv4Address to)
{
    s->SetConnectCallback(MakeCallback(&Opened), MakeCallback(&Refused));
    s->Connect(InetSocketAddress(to, 80));
}

// Open and silent: what the process grew by, both ends of each together.
int Idle(Ptr<Node> from, Ipv4Address to, unsigned n)
{
    std::vector<Ptr<Socket>> sockets;
    const double before = ResidentBytes();
    for (unsigned i = 0; i < n; i++) {
        sockets.push_back(Socket::CreateSocket(from, TcpSocketFactory::GetTypeId()));
        Simulator::Schedule(MilliSeconds(i), &Begin, sockets.back(), to); // the queue holds a hundred
    }
    Simulator::Stop(Seconds(20));
    Simulator::Run();
    if (opened != n)
        return 1;
    std::printf("ns3 idle bytes %.1f\n", (ResidentBytes() - before) / n);
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const bool idle = argc > 2 && std::string(argv[1]) == "idle";
    wanted = argc > 1 && !idle ? std::strtoull(argv[1], nullptr, 10) : 10000000;
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", StringValue("ns3::TcpLinuxReno"));
    Config::SetDefault("ns3::TcpL4Protocol::RecoveryType", StringValue("ns3::TcpPrrRecovery"));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(WORLD_SEGMENT));
    Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(WORLD_INITIAL_WINDOW));
    Config::SetDefault("ns3::TcpSocket::DelAckCount", UintegerValue(2));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(WORLD_BUFFER));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(WORLD_BUFFER));
    Config::SetDefault("ns3::TcpSocketBase::Sack", BooleanValue(true));
    Config::SetDefault("ns3::TcpSocketBase::MinRto", TimeValue(MilliSeconds(200)));

    NodeContainer nodes(2);
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", DataRateValue(DataRate(uint64_t(WORLD_RATE_BIT_S))));
    link.SetChannelAttribute("Delay", TimeValue(MilliSeconds(WORLD_DELAY_MS)));
    link.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue(std::to_string(WORLD_QUEUE) + "p"));
    NetDeviceContainer devices = link.Install(nodes);
    devices.Get(1)->SetAttribute("ReceiveErrorModel", PointerValue(CreateObject<NumberedLoss>()));
    InternetStackHelper().Install(nodes);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.0");
    Ipv4InterfaceContainer interfaces = addresses.Assign(devices);
    TrafficControlHelper().Uninstall(devices); // the link's own queue is the only one

    PacketSinkHelper sink("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), 80));
    ApplicationContainer sinks = sink.Install(nodes.Get(1));
    sinks.Get(0)->TraceConnectWithoutContext("Rx", MakeCallback(&Received));
    if (idle)
        return Idle(nodes.Get(0), interfaces.GetAddress(1), unsigned(std::atoi(argv[2])));
    BulkSendHelper source("ns3::TcpSocketFactory", InetSocketAddress(interfaces.GetAddress(1), 80));
    source.SetAttribute("MaxBytes", UintegerValue(wanted));
    source.SetAttribute("SendSize", UintegerValue(65536));
    ApplicationContainer sources = source.Install(nodes.Get(0));
    sources.Start(Seconds(0));
    Simulator::Schedule(NanoSeconds(1), &Watch, DynamicCast<BulkSendApplication>(sources.Get(0)));

    const double cpu = CpuSeconds();
    const auto wall = std::chrono::steady_clock::now();
    Simulator::Run();
    const double cpu_s = CpuSeconds() - cpu;
    const std::chrono::duration<double> wall_s = std::chrono::steady_clock::now() - wall;
    std::printf("ns3 bytes %llu segments %llu retransmits %llu window %u seconds %.6f events %llu cpu %.6f wall %.6f\n",
                (unsigned long long)received, (unsigned long long)segments, (unsigned long long)retransmitted, window,
                ended_s, (unsigned long long)Simulator::GetEventCount(), cpu_s, wall_s.count());
    Simulator::Destroy();
    return received == wanted ? 0 : 1;
}
